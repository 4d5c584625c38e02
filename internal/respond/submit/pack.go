package submit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"github.com/yeka/zip"

	"candor"
	"candor/internal/directory"
)

// attachments makes the files of a mail from the vault.
func (m *Method) attachments(ctx context.Context, s Submission) ([]candor.Attachment, error) {
	if s.Form == Digests {
		return nil, nil
	}
	name := s.Samples[0].name()
	if s.Form == Packed {
		data, err := m.pack(ctx, s)
		return []candor.Attachment{{Name: name + ".zip", Type: "application/zip", Data: data}}, err
	}
	var all []candor.Attachment
	for _, x := range s.Samples {
		content, err := m.content(ctx, x)
		if err != nil {
			return nil, err
		}
		if content, err = seal(content, x.name(), s.Key); err != nil {
			return nil, err
		}
		all = append(all, candor.Attachment{Name: x.name() + ".gpg", Type: "application/octet-stream", Data: content})
	}
	return all, nil
}

// pack makes a ZIP with all samples.
func (m *Method) pack(ctx context.Context, s Submission) ([]byte, error) {
	cipher := zip.StandardEncryption
	if s.Archive == directory.ZipAES {
		cipher = zip.AES256Encryption
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, x := range s.Samples {
		content, err := m.content(ctx, x)
		if err != nil {
			return nil, err
		}
		w, err := z.Encrypt(x.name(), s.Password, cipher)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			return nil, fmt.Errorf("pack %s: %w", x.SHA256, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack samples: %w", err)
	}
	return b.Bytes(), nil
}

// seal encrypts a content for an OpenPGP key.
func seal(content []byte, name, armoured string) ([]byte, error) {
	key, err := directory.ReadKey(armoured)
	if err != nil {
		return nil, err
	}
	handle, err := crypto.PGP().Encryption().Recipient(key).New()
	if err != nil {
		return nil, fmt.Errorf("encrypt %s: %w: %w", name, candor.ErrInvalid, err)
	}
	sealed, err := handle.Encrypt(content)
	if err != nil {
		return nil, fmt.Errorf("encrypt %s: %w: %w", name, candor.ErrInvalid, err)
	}
	return sealed.Bytes(), nil
}

// content gives a sample, and makes sure that it is the one.
func (m *Method) content(ctx context.Context, x Sample) ([]byte, error) {
	r, err := m.Vault.Get(ctx, x.SHA256)
	if err != nil {
		return nil, fmt.Errorf("read %s from the vault: %w", x.SHA256, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, x.Bytes+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read %s from the vault: %w", x.SHA256, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != x.SHA256 {
		return nil, fmt.Errorf("what the vault holds as %s is something else: %w", x.SHA256, candor.ErrInvalid)
	}
	return data, nil
}
