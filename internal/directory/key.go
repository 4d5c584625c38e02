package directory

import (
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"candor"
)

// ReadKey reads an armoured OpenPGP key (RFC 9580), which must be public. The
// error is candor.ErrInvalid. That it encrypts now is another question: Usable.
func ReadKey(armoured string) (*crypto.Key, error) {
	if len(armoured) > MostKey {
		return nil, bad("the key is too large", "Give the public key of the organisation alone.")
	}
	key, err := crypto.NewKeyFromArmored(armoured)
	if err != nil {
		return nil, bad("the key cannot be read", "Paste all of it, from BEGIN PGP PUBLIC KEY BLOCK to END.")
	}
	if key.IsPrivate() {
		return nil, bad("the key is a private one", "Paste the public key. Whoever holds the private one should make another.")
	}
	return key, nil
}

// Usable tells whether the key of an entry can encrypt at a time: it has not
// expired and was not revoked. It is false for an entry without a key.
func (e Entry) Usable(at time.Time) bool {
	if e.Key == "" {
		return false
	}
	key, err := ReadKey(e.Key)
	return err == nil && key.CanEncrypt(at.Unix())
}

// Fingerprint is that of the entry's key, in hexadecimal; empty for none.
func (e Entry) Fingerprint() string {
	if e.Key == "" {
		return ""
	}
	key, err := ReadKey(e.Key)
	if err != nil {
		return ""
	}
	return key.GetFingerprint()
}

// Encrypt encrypts a file with the key of the entry, armoured. An error is
// candor.ErrInvalid: the key cannot encrypt.
func (e Entry) Encrypt(a candor.Attachment) (candor.Attachment, error) {
	key, err := ReadKey(e.Key)
	if err != nil {
		return a, err
	}
	handle, err := crypto.PGP().Encryption().Recipient(key).New()
	if err != nil {
		return a, bad("the key of "+e.Name+" cannot encrypt", "Put their new key into the directory.")
	}
	sealed, err := handle.Encrypt(a.Data)
	if err != nil {
		return a, bad("the key of "+e.Name+" cannot encrypt", "Put their new key into the directory.")
	}
	text, err := sealed.ArmorBytes()
	return candor.Attachment{Name: a.Name + ".asc", Type: "application/pgp-encrypted", Data: text}, err
}
