package house

// SendRead is SendForward from where it has read the forward.
var SendRead = (*House).sendForward
