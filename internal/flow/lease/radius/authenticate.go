package radius

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // what RADIUS has
	"encoding/binary"

	"layeh.com/radius"
)

// trim gives a packet without what lies behind it (RFC 2865, 3); nil if it is
// shorter than it says.
func trim(b []byte) []byte {
	if len(b) < 20 {
		return nil
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < 20 || n > radius.MaxPacketLength || n > len(b) {
		return nil
	}
	return b[:n]
}

// authentic tells whether a request was made with a secret: by its
// authenticator (RFC 2866, 3) and, if it has one, its Message-Authenticator.
// Status-Server must have one (RFC 5997, 3).
func authentic(b, secret []byte) bool {
	at := messageAuthAt(b)
	switch radius.Code(b[0]) {
	case radius.CodeAccountingRequest:
		return radius.IsAuthenticRequest(b, secret) && (at == 0 || hmac.Equal(b[at:at+md5.Size], sign(b, at, [16]byte{}, secret)))
	case radius.CodeStatusServer:
		return at > 0 && len(secret) > 0 && hmac.Equal(b[at:at+md5.Size], sign(b, at, [16]byte(b[4:20]), secret))
	}
	return false
}

// messageAuthAt gives where the octets of a Message-Authenticator are; 0 for
// none.
func messageAuthAt(b []byte) int {
	for i := 20; i+2 <= len(b) && b[i+1] >= 2; i += int(b[i+1]) {
		if b[i] == messageAuth && b[i+1] == 2+md5.Size && i+int(b[i+1]) <= len(b) {
			return i + 2
		}
	}
	return 0
}

// sign gives the Message-Authenticator of a packet, as of an authenticator.
func sign(b []byte, at int, authenticator [16]byte, secret []byte) []byte {
	mac := hmac.New(md5.New, secret)
	mac.Write(b[:4])
	mac.Write(authenticator[:])
	mac.Write(b[20:at])
	mac.Write(make([]byte, md5.Size))
	mac.Write(b[at+md5.Size:])
	return mac.Sum(nil)
}

// answer makes the response to a request. It has a Message-Authenticator only
// if it answers Status-Server: RFC 2869, 5.19, has none in accounting, and
// FreeRADIUS takes another one there than others do.
func answer(request, secret []byte) []byte {
	b := []byte{byte(radius.CodeAccountingResponse), request[1], 0, 20}
	b = append(b, request[4:20]...)
	if radius.Code(request[0]) == radius.CodeStatusServer {
		b = append(append(b, messageAuth, 2+md5.Size), make([]byte, md5.Size)...)
		b[3] = byte(len(b))
		copy(b[22:], sign(b, 22, [16]byte(request[4:20]), secret))
	}
	sum := md5.New() //nolint:gosec // what RADIUS has
	sum.Write(b)
	sum.Write(secret)
	copy(b[4:20], sum.Sum(nil))
	return b
}
