package scan

import (
	"testing"

	"candor"
	"candor/engine"
)

func TestDescribeRule(t *testing.T) {
	meta := func(pairs ...any) (m []engine.Meta) {
		for i := 0; i < len(pairs); i += 2 {
			m = append(m, engine.Meta{Name: pairs[i].(string), Value: pairs[i+1]})
		}
		return m
	}
	for _, tt := range []struct {
		rule     engine.Rule
		class    candor.Class
		nature   candor.Nature
		severity candor.Severity
	}{
		{engine.Rule{Name: "Anything", Language: "yara"}, candor.Undetermined, "", candor.High},
		{engine.Rule{Name: "WEBSHELL_php_generic", Language: "yara"}, candor.ApplicationCompromise, candor.Malware, candor.High},
		{engine.Rule{Name: "Shellfish", Language: "yara"}, candor.Undetermined, "", candor.High},
		{engine.Rule{Name: "x", Language: "yara", Tags: []string{"PUA"}}, candor.MalwareDistribution, candor.PUS, candor.Low},
		{engine.Rule{Name: "{HEX}php.base64.v23au.183", Language: "clamav"}, candor.MalwareDistribution, candor.Malware, candor.High},
		{engine.Rule{Name: "PUA.Win.Adware.X-1", Language: "clamav"}, candor.MalwareDistribution, candor.PUS, candor.Low},
		{engine.Rule{Name: "Eicar-Test-Signature", Language: "clamav"}, candor.Test, candor.Malware, candor.Info},
		{engine.Rule{Name: "MAL_x", Language: "yara", Meta: meta("score", int64(75))}, candor.MalwareDistribution, candor.Malware, candor.High},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("score", int64(90))}, candor.Undetermined, "", candor.Critical},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("score", int64(60))}, candor.Undetermined, "", candor.Medium},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("score", int64(40))}, candor.Undetermined, "", candor.Low},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("score", int64(0))}, candor.Undetermined, "", candor.Info},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("severity", "critical", "score", int64(40))}, candor.Undetermined, "", candor.Critical},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("severity", "awful")}, candor.Undetermined, "", candor.High},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("class", "phishing", "nature", "deceptive")}, candor.Phishing, candor.Deceptive, candor.High},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("class", "spyware")}, candor.Undetermined, candor.Spyware, candor.High},
		{engine.Rule{Name: "x", Language: "yara", Meta: meta("class", true)}, candor.Undetermined, "", candor.High},
	} {
		f := describeRule(&tt.rule)
		if f.Class != tt.class || f.Nature != tt.nature || f.Severity != tt.severity {
			t.Errorf("%s %v: %s, %q, %s", tt.rule.Name, tt.rule.Meta, f.Class, f.Nature, f.Severity)
		}
	}
}
