package consent

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg" // decoders of scans
	_ "image/png"

	"candor"
)

// Paper is a scan of what a party said on paper. Its content is in the vault.
type Paper struct {
	SHA256 string `json:"sha256"`
	Type   string `json:"type"` // media type: one of PaperTypes
	Size   int64  `json:"size"` // bytes
}

// MostPaper bounds a scan, in bytes.
const MostPaper = 10 << 20

// mostPixels bounds the sides of a scan that is a picture.
const mostPixels = 30_000

// PaperTypes are the media types that a scan can have.
func PaperTypes() []string {
	return []string{"application/pdf", "image/png", "image/jpeg", "image/tiff"}
}

// PaperType gives the media type of a scan by its content, whatever it is
// called. What is too large, or none of PaperTypes, is candor.ErrInvalid.
func PaperType(content []byte) (string, error) {
	if len(content) > MostPaper {
		return "", candor.WithHint(fmt.Errorf("the scan has %d bytes: %w", len(content), candor.ErrInvalid), "Scan it with fewer colours or points: at most 10 MiB.")
	}
	switch {
	case bytes.HasPrefix(content, []byte("%PDF-")) && bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF")):
		return "application/pdf", nil
	case tiff(content):
		return "image/tiff", nil
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(content))
	if err == nil && (format == "png" || format == "jpeg") && c.Width > 0 && c.Height > 0 && c.Width <= mostPixels && c.Height <= mostPixels {
		return "image/" + format, nil
	}
	return "", candor.WithHint(fmt.Errorf("the scan is none: %w", candor.ErrInvalid), "Send a PDF, or a picture: PNG, JPEG or TIFF.")
}

// tiff tells whether a content begins as TIFF does (TIFF 6.0, section 2), and has
// its first directory within it.
func tiff(content []byte) bool {
	if len(content) < 14 {
		return false
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(content[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return false
	}
	at := int64(order.Uint32(content[4:]))
	if at < 8 || at+2 > int64(len(content)) {
		return false
	}
	entries := int64(order.Uint16(content[at:]))
	return entries > 0 && at+2+12*entries <= int64(len(content))
}
