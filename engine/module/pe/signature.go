package pe

import (
	"encoding/hex"

	"candor/engine/module"
	"candor/engine/module/builtin"
	"candor/engine/module/pe/authenticode"
	"candor/engine/module/pe/record"
)

func addSignatures(s record.Schema[*file]) {
	s["number_of_signatures"] = record.Int(func(f *file) int64 { return int64(len(f.signed())) })
	s["is_signed"] = record.Int(func(f *file) int64 {
		for _, x := range f.signed() {
			if x.Verified {
				return 1
			}
		}
		return 0
	})
	s["signatures"] = record.List(signatureSchema(), (*file).signed)
}

func (f *file) signed() []*authenticode.Signature {
	return f.signatures.get(func() []*authenticode.Signature { return authenticode.Parse(f.Image, f.now()) })
}

// signatureSchema gives the members of a signature. Those of a certificate are
// about the signer's own.
func signatureSchema() record.Schema[*authenticode.Signature] {
	type signature = *authenticode.Signature
	s := record.Schema[signature]{
		"verified":                    record.Int(func(x signature) int64 { return truth(x.Verified) }),
		"digest_alg":                  record.Text(func(x signature) []byte { return known(x.DigestAlgorithm) }),
		"digest":                      record.Text(func(x signature) []byte { return hexText(x.Digest) }),
		"file_digest":                 record.Text(func(x signature) []byte { return hexText(x.FileDigest) }),
		"number_of_certificates":      record.Int(func(x signature) int64 { return int64(len(x.Certificates)) }),
		"certificates":                record.List(certificateSchema(), func(x signature) []*authenticode.Certificate { return x.Certificates }),
		"signer_info":                 record.Struct(signerSchema(), func(x signature) *authenticode.Signer { return x.Signer }),
		"number_of_countersignatures": record.Int(func(x signature) int64 { return int64(len(x.Countersignatures)) }),
		"countersignatures":           record.List(countersignatureSchema(), func(x signature) []*authenticode.Countersignature { return x.Countersignatures }),
		"valid_on": record.Func[signature](builtin.Overload(module.Int, func(_ *module.Input, x module.Object, a args) module.Value {
			from, to := x.Field("not_before"), x.Field("not_after")
			if from.Kind == module.Undefined || to.Kind == module.Undefined {
				return module.Value{}
			}
			return module.IntValue(truth(from.Int <= a[0].Int && a[0].Int <= to.Int))
		}, module.Int)),
	}
	for name, m := range certificateSchema() {
		s[name] = record.Member[signature]{Type: m.Type, Get: func(x signature) module.Value {
			if x.Signer == nil || len(x.Signer.Chain) == 0 {
				return module.Value{}
			}
			return m.Get(x.Signer.Chain[0])
		}}
	}
	return s
}

func certificateSchema() record.Schema[*authenticode.Certificate] {
	type certificate = *authenticode.Certificate
	return record.Schema[certificate]{
		"thumbprint":    record.Text(func(c certificate) []byte { return []byte(c.Thumbprint) }),
		"issuer":        record.Text(func(c certificate) []byte { return []byte(c.Issuer) }),
		"subject":       record.Text(func(c certificate) []byte { return []byte(c.Subject) }),
		"version":       record.Int(func(c certificate) int64 { return c.Version }),
		"algorithm":     record.Text(func(c certificate) []byte { return []byte(c.Algorithm) }),
		"algorithm_oid": record.Text(func(c certificate) []byte { return []byte(c.AlgorithmOID) }),
		"serial":        record.Text(func(c certificate) []byte { return known(c.Serial) }),
		"not_before":    record.Int(func(c certificate) int64 { return c.NotBefore }),
		"not_after":     record.Int(func(c certificate) int64 { return c.NotAfter }),
	}
}

// signerSchema gives the members of a signer, who may be nil.
func signerSchema() record.Schema[*authenticode.Signer] {
	type signer = *authenticode.Signer
	ifKnown := func(get func(signer) []byte) record.Member[signer] {
		return record.Text(func(s signer) []byte {
			if s == nil {
				return nil
			}
			return get(s)
		})
	}
	chain := func(s signer) []*authenticode.Certificate {
		if s == nil {
			return nil
		}
		return s.Chain
	}
	return record.Schema[signer]{
		"program_name":    ifKnown(func(s signer) []byte { return s.ProgramName }),
		"digest":          ifKnown(func(s signer) []byte { return hexText(s.Digest) }),
		"digest_alg":      ifKnown(func(s signer) []byte { return known(s.DigestAlgorithm) }),
		"length_of_chain": record.MaybeInt(func(s signer) (int64, bool) { return int64(len(chain(s))), s != nil }),
		"chain":           record.List(certificateSchema(), chain),
	}
}

func countersignatureSchema() record.Schema[*authenticode.Countersignature] {
	type countersignature = *authenticode.Countersignature
	return record.Schema[countersignature]{
		"verified":        record.Int(func(c countersignature) int64 { return truth(c.Verified) }),
		"sign_time":       record.Int(func(c countersignature) int64 { return c.SignTime }),
		"digest_alg":      record.Text(func(c countersignature) []byte { return known(c.DigestAlgorithm) }),
		"digest":          record.Text(func(c countersignature) []byte { return hexText(c.Digest) }),
		"length_of_chain": record.Int(func(c countersignature) int64 { return int64(len(c.Chain)) }),
		"chain":           record.List(certificateSchema(), func(c countersignature) []*authenticode.Certificate { return c.Chain }),
	}
}

// truth gives 1 for true.
func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// known gives a text of which the empty one means that there is none.
func known(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// hexText gives bytes in hexadecimal, nil if there are none.
func hexText(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return hex.AppendEncode(nil, b)
}
