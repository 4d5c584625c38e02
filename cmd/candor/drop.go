package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"candor"
)

// dropSender stands for a mail server with the sample provider: each mail
// becomes a file, and nobody is written to.
type dropSender struct{ folder string }

func (d dropSender) Send(_ context.Context, m candor.Message) error {
	if err := os.MkdirAll(d.folder, 0o700); err != nil {
		return fmt.Errorf("drop a mail: %w: %w", candor.ErrUnavailable, err)
	}
	line := strings.NewReplacer("\r", " ", "\n", " ")
	text := fmt.Sprintf("To: %s\nSubject: %s\nDate: %s\nMessage-ID: <%s>\n\n%s", line.Replace(m.To), line.Replace(m.Subject),
		time.Now().Format(time.RFC1123Z), line.Replace(m.MessageID), m.Text)
	if err := os.WriteFile(filepath.Join(d.folder, string(m.ID)+".txt"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("drop a mail: %w: %w", candor.ErrUnavailable, err)
	}
	return nil
}
