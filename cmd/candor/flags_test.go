package main

import (
	"errors"
	"testing"

	"candor"
)

func TestExternalValue(t *testing.T) {
	for in, want := range map[string]any{
		"true": true, "false": false, "TRUE": "TRUE", "": "",
		"7": int64(7), "-7": int64(-7), "0.5": 0.5, "-1.25": -1.25,
		"1e3": "1e3", "0x10": "0x10", "1.2.3": "1.2.3", "shop": "shop", ".php": ".php", "-": "-",
		"99999999999999999999": float64(1e20),
	} {
		if got := externalValue(in); got != want {
			t.Errorf("externalValue(%q) = %T %v, want %T %v", in, got, got, want, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "500": 500, "64k": 64 << 10, "10M": 10 << 20, "2G": 2 << 30, "1t": 1 << 40} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "k", "-1", "1.5M", "9999999999999G", "10 M", "8388608T"} {
		if got, err := parseSize(in); !errors.Is(err, candor.ErrInvalid) || candor.Hint(err) == "" {
			t.Errorf("parseSize(%q) = %d, %v; want ErrInvalid with a hint", in, got, err)
		}
	}
}
