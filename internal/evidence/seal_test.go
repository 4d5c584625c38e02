package evidence

import (
	"bytes"
	"errors"
	"testing"

	"candor"
)

// TestSeal opens what was sealed with the vault opened anew, and nothing that
// another vault or label sealed, or that was changed.
func TestSeal(t *testing.T) {
	dir, secret := t.TempDir(), []byte("a private key")
	open := func(dir string) *Vault {
		v, err := OpenVault(dir, VaultOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v := open(dir)
	sealed, err := v.Seal("agents", secret)
	if err != nil || bytes.Contains(sealed, secret) {
		t.Fatalf("%q, %v", sealed, err)
	}
	if again, err := v.Seal("agents", secret); err != nil || bytes.Equal(again, sealed) {
		t.Error("it is sealed the same way twice", err)
	}
	if got, err := open(dir).Open("agents", sealed); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("opened: %q, %v", got, err)
	}
	refuse := func(what string, v *Vault, label string, sealed []byte) {
		t.Helper()
		if got, err := v.Open(label, sealed); !errors.Is(err, candor.ErrInvalid) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	refuse("another label", v, "others", sealed)
	refuse("another vault", open(t.TempDir()), "agents", sealed)
	refuse("cut", v, "agents", sealed[:len(sealed)-1])
	refuse("no nonce", v, "agents", []byte(sealedMark))
	refuse("nothing", v, "agents", nil)
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		refuse("changed", v, "agents", changed)
	}
	if _, err := v.Seal("", secret); err == nil {
		t.Error("sealed without a label")
	}
}
