package wrap

import (
	"bytes"
	"compress/gzip"
	"errors"
	"path"
	"strings"

	"github.com/yeka/zip"

	"candor/internal/intake/message"
)

// open opens a part. It may give some content and an error.
type open func(message.Part, *Note) (*content, error)

// opener finds what a part is wrapped in; nil if it is not.
func (w *work) opener(p message.Part) (string, open) {
	extension := strings.ToLower(path.Ext(p.Name))
	switch {
	case p.Type == "application/pkcs7-mime" || p.Type == "application/x-pkcs7-mime" || extension == ".p7m":
		if strings.Contains(strings.ToLower(p.Params["smime-type"]), "signed") {
			return SMIMESigned, w.smime
		}
		return SMIMEEncrypted, w.smime
	case clearSigned(p):
		return PGPSigned, w.clear
	case armored(p) || len(p.Bytes) > 0 && (extension == ".pgp" || extension == ".gpg"):
		return PGPEncrypted, w.pgp
	case bytes.HasPrefix(p.Bytes, []byte("PK\x03\x04")) && isZip(p.Type, extension):
		return Zip, w.zip
	case bytes.HasPrefix(p.Bytes, []byte("\x1f\x8b\x08")):
		return Gzip, w.gzip
	}
	return "", nil
}

// isZip leaves alone what is a zip only within: documents and programs.
func isZip(mediaType, extension string) bool {
	return extension == ".zip" || extension == "" || strings.Contains(mediaType, "zip")
}

func (w *work) gzip(p message.Part, _ *Note) (*content, error) {
	r, err := gzip.NewReader(bytes.NewReader(p.Bytes))
	if err != nil {
		return nil, err
	}
	data, err := w.read(r, int64(len(p.Bytes)))
	if err != nil {
		return nil, err
	}
	name := p.Name[:len(p.Name)-len(path.Ext(p.Name))]
	if r.Name != "" {
		name = r.Name
	}
	return &content{files: []file{named(name, data)}}, nil
}

// named is a file as its name and content tell.
func named(name string, data []byte) file {
	f := file{name: path.Base(strings.ReplaceAll(name, "\\", "/")), bytes: data}
	switch strings.ToLower(path.Ext(f.name)) {
	case ".eml":
		f.mediaType = "message/rfc822"
	case ".zip":
		f.mediaType = "application/zip"
	}
	return f
}

// zip opens all files that it can; the error is of the first that it could not.
func (w *work) zip(p message.Part, _ *Note) (*content, error) {
	r, err := zip.NewReader(bytes.NewReader(p.Bytes), int64(len(p.Bytes)))
	if err != nil {
		return nil, err
	}
	c, trouble := &content{}, error(nil)
	for _, f := range r.File {
		if f.FileInfo().IsDir() {
			continue
		}
		if w.files--; w.files < 0 {
			trouble = errFiles
			break
		}
		data, err := w.unzip(f)
		if err != nil {
			trouble = first(trouble, err)
			if errors.Is(err, errLarge) {
				trouble = errLarge
				break
			}
			continue
		}
		c.files = append(c.files, named(f.Name, data))
	}
	if len(c.files) == 0 {
		return nil, first(trouble, errors.New("it is empty"))
	}
	return c, trouble
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *work) unzip(f *zip.File) ([]byte, error) {
	passwords := []string{""}
	if f.IsEncrypted() {
		passwords = w.o.Passwords
	}
	for _, password := range passwords {
		if f.IsEncrypted() {
			f.SetPassword(password)
		}
		r, err := f.Open()
		if err != nil {
			if f.IsEncrypted() {
				continue
			}
			return nil, err
		}
		// A wrong password may look right until the checksum is known.
		data, err := w.read(r, int64(f.CompressedSize64))
		r.Close()
		if err == nil || errors.Is(err, errLarge) && !f.IsEncrypted() {
			return data, err
		}
		if !f.IsEncrypted() {
			return nil, err
		}
	}
	return nil, errPassword
}
