package folder

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"candor/internal/intake"
	"candor/internal/regex"
)

// arrival describes a file. Its key is the name of a mail in a Maildir, which no
// other ever has; names of files come again, so that theirs holds size and time.
func arrival(file *os.File, info fs.FileInfo, maildir bool) intake.Arrival {
	name := filepath.Base(file.Name())
	body := bufio.NewReaderSize(file, 4<<10)
	a := intake.Arrival{Way: intake.Folder, Received: info.ModTime().UTC(), Body: body}
	if maildir {
		a.Key, _, _ = strings.Cut(name, ":") // flags follow, and change
		return a
	}
	a.Key = fmt.Sprintf("%s@%d-%d", name, info.ModTime().UnixNano(), info.Size())
	start, _ := body.Peek(4 << 10) // shorter files give all that they have
	if !isMail(name, start) {
		a.Name, a.Type = name, mediaType(name)
	}
	return a
}

// field is how a mail begins.
var field = regex.Of(`(?i)^(?:>?From [^\n]*\n)?(?:return-path|received|from|to|subject|date|message-id|delivered-to|x-[a-z-]+|mime-version|content-type|dkim-signature):[ \t]*\S`)

func isMail(name string, start []byte) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".eml", ".mail", ".mbox":
		return true
	case ".csv", ".json", ".xml", ".zip", ".gz", ".txt", ".log":
		return false
	}
	return field.Match(bytes.TrimLeft(start, "\r\n"))
}

func mediaType(name string) string {
	t, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(name)))
	if err != nil {
		return ""
	}
	return t
}
