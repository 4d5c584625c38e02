package engine

// clamav reads a source of ClamAV definitions. It tells whether it is one.
func (c *compiler) clamav(s Source) bool { return false }
