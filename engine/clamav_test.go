package engine

import (
	"crypto/md5"
	"fmt"
	"slices"
	"testing"
)

func clamavSet(t *testing.T, files map[string]string) *Rules {
	t.Helper()
	var sources []Source
	for name, text := range files {
		sources = append(sources, Source{Name: name, Data: []byte(text)})
	}
	rules, report := Compile(sources, Options{})
	for _, p := range report.Problems {
		t.Fatalf("unexpected problem: %v", p)
	}
	data, err := rules.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if rules, err = Load(data); err != nil {
		t.Fatal(err)
	}
	return rules
}

func ruleNames(t *testing.T, rules *Rules, data string) []string {
	t.Helper()
	matches, err := rules.NewScanner(ScanOptions{}).Scan([]byte(data), File{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range matches {
		out = append(out, m.Rule.Name)
	}
	slices.Sort(out)
	return out
}

func TestClamAVSignatures(t *testing.T) {
	whole := "this very content"
	rules := clamavSet(t, map[string]string{
		"a.hdb": fmt.Sprintf("%x:%d:Hash\n", md5.Sum([]byte(whole)), len(whole)),
		"a.ndb": fmt.Sprintf("Anywhere:0:*:%x\nStart:0:0:%x\nText:7:*:%x\nHTML:3:*:%x\n", "badword", "head", "some text here", "<script>evil"),
		"b.ldb": fmt.Sprintf("Confined;Engine:81-255,Target:0;0&1;%x;0,12:0/b+z/e\n", "opening"),
		"a.ldb": fmt.Sprintf("Both;Engine:51-255,Target:0;0&1;%x;%x\nCounted;Engine:51-255,Target:0;0>2;%x\n", "first", "second", "thrice"),
	})
	for _, tt := range []struct {
		data string
		want []string
	}{
		{whole, []string{"Hash.UNOFFICIAL"}},
		{"a badword in it", []string{"Anywhere.UNOFFICIAL"}},
		{"a BADWORD in it", []string{"Anywhere.UNOFFICIAL"}}, // the normal form is in small letters
		{"\x89PNG BADWORD", nil},
		{"head and no more", []string{"Start.UNOFFICIAL"}},
		{"not at the head", nil},
		{"Some \t Text\n\nHere", []string{"Text.UNOFFICIAL"}},
		{"<html><body><SCRIPT>EVIL</SCRIPT>", []string{"HTML.UNOFFICIAL"}},
		{"second comes first", []string{"Both.UNOFFICIAL"}},
		{"only the first one", nil},
		{"thrice thrice, thrice", []string{"Counted.UNOFFICIAL"}},
		{"thrice, thrice", nil},
		{"opening bbz and more", []string{"Confined.UNOFFICIAL"}},
		{"opening bbbbbbbbz and more", nil}, // ends beyond the twelve bytes that are seen
		{"head", nil},                       // so small that libclamav does not look at it
	} {
		if got := ruleNames(t, rules, tt.data); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.data, got, tt.want)
		}
	}
}

// TestClamAVText has signatures that only show in the normal form of a text,
// with words of all lengths, and texts around them.
func TestClamAVText(t *testing.T) {
	rules := clamavSet(t, map[string]string{
		"a.ndb": fmt.Sprintf("Short:0:*:%x\nTiny:0:*:%x\nLong:7:*:%x\nGap:0:*:%x*%x\n", "<?php exec( $x", "n13= if a b", "the password of", "first word", "other one"),
	})
	for _, tt := range []struct {
		data string
		want []string
	}{
		{"x <?PHP\n\texec(\t\t$x", []string{"Short.UNOFFICIAL"}},
		{"x <?php\x80 \xffexec( $X and exec(", []string{"Short.UNOFFICIAL"}},
		{"x <?php ex\x80ec( $x", []string{"Short.UNOFFICIAL"}},
		{"exec( exec( <?php exec($x <?php  exec( y", nil},
		{"one exec( two exec( three <?php EXEC(\r\n$X", []string{"Short.UNOFFICIAL"}},
		{"so N13=\tIF  A\nB", []string{"Tiny.UNOFFICIAL"}},
		{"so N13=\tIF  A\nC", nil},
		{"THE\nPASSWORD\nOF it", []string{"Long.UNOFFICIAL"}},
		{"the pass\x01word of it", []string{"Long.UNOFFICIAL"}},
		{"THE\nPASSWORD", nil},
		{"FIRST\t\x01 WORD and the OTHER\x80\nONE", []string{"Gap.UNOFFICIAL"}},
		{"FIRST\tWORD and the ONE\nOTHER", nil},
	} {
		if got := ruleNames(t, rules, tt.data); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.data, got, tt.want)
		}
	}
}

func TestClamAVExceptions(t *testing.T) {
	content := "a badword that is known to be good"
	rules := clamavSet(t, map[string]string{
		"a.ndb":  fmt.Sprintf("Bad:0:*:%x\nIgnored:0:*:%x\n", "badword", "badword"),
		"a.ign2": "Ignored\n",
		"a.fp":   fmt.Sprintf("%x:%d:known\n", md5.Sum([]byte(content)), len(content)),
		"a.ftm":  "0:0:4d594d4147:Mine:CL_TYPE_ANY:CL_TYPE_GRAPHICS\n",
		"b.ndb":  fmt.Sprintf("Picture:5:*:%x\n", "pixels"),
	})
	for data, want := range map[string][]string{
		"another badword":       {"Bad.UNOFFICIAL"},
		content:                 nil,
		"MYMAG\x00\x01 pixels":  {"Picture.UNOFFICIAL"},
		"other \x00\x01 pixels": nil,
	} {
		if got := ruleNames(t, rules, data); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", data, got, want)
		}
	}
}
