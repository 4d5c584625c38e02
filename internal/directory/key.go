package directory

import (
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
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
