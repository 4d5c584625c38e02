package logs

import (
	"testing"

	"candor/internal/intake/format/formattest"
)

func TestFiles(t *testing.T) {
	var own []formattest.Sample
	for name := range files {
		own = append(own, formattest.Sample{Name: name, Body: sample(t, name)})
	}
	formattest.Files(t, File{}, Format, own, nil)
}

func TestMails(t *testing.T) {
	var own []formattest.Sample
	for name := range mails {
		own = append(own, formattest.Sample{Name: name, Body: sample(t, name)})
	}
	formattest.Mails(t, Mail{}, Format, own, nil)
}
