// Package format reads reports that machines wrote: the contract of readers,
// each in a folder below, and the Set that finds the one that a message needs.
package format

import (
	"bufio"
	"errors"
	"io"

	"candor/internal/intake"
	"candor/internal/intake/message"
)

// ErrOther says that a message is not of a reader's format.
var ErrOther = errors.New("another format")

// Each takes the events of a report, in order. A reader stops at its error, and
// gives it back.
type Each func(intake.Event) error

// MailReader reads a format that is laid out as mail.
type MailReader interface {
	// Read hands events to each, and gives the report without them. What is not of
	// the format is ErrOther. Other errors say what is wrong with what is, and
	// where; some events may have been handed over before.
	Read(m *message.Message, each Each) (intake.Report, error)
}

// FileReader reads a format that is laid out as a file: attached to a mail,
// handed to the API, or found in a folder.
type FileReader interface {
	// Knows tells from a file's name, media type and beginning whether it is of the
	// format.
	Knows(f File) bool
	// Read is as of MailReader, for what the reader Knows. It reads f.Body once, in
	// memory that does not grow with it where the format allows that.
	Read(f File, each Each) (intake.Report, error)
}

// File is a file that may hold a report.
type File struct {
	Name string // without folders; may be empty
	Type string // media type in lower case; may be empty
	Body *bufio.Reader
	// Unpacked is how many bytes Contents may unpack of it, of which it takes what
	// it did; nil for MostUnpacked.
	Unpacked *int64
}

// Beginning is how many bytes of a file a reader is shown to know it.
const Beginning = 8 << 10

// NewFile makes a File of what r holds.
func NewFile(name, mediaType string, r io.Reader) File {
	return File{Name: name, Type: mediaType, Body: bufio.NewReaderSize(r, Beginning)}
}

// Start is how the file begins: at most Beginning bytes, which stay unread.
func (f File) Start() []byte {
	b, _ := f.Body.Peek(Beginning) // shorter files give an error, and all that there is
	return b
}
