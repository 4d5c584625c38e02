package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/consent/software"
	"candor/internal/scan/output"
)

func (p *program) softwareCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "software",
		Short: "Bind builds of client software to the agreement that users sign",
		Long: `Client software comes with an agreement and a privacy policy, and the version
that a user signs is the one that was shipped. These commands are for those who
build, and for installers; docs/software.md tells how they go together.`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.softwareBindCommand(), p.softwareCheckCommand(), p.softwareAcceptCommand(), p.softwareSendCommand(), p.softwareStandsCommand())
	return c
}

// shownFlags are the options that say what a device has and shows.
type shownFlags struct{ base, agreement, policy, product string }

func (f *shownFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.base, "base", "", "name files relative to `DIR` (default: by their last name alone)")
	c.Flags().StringVar(&f.agreement, "agreement", "", "the agreement as it is shown, in `FILE`")
	c.Flags().StringVar(&f.policy, "policy", "", "the privacy policy as it is shown, in `FILE`")
	c.Flags().StringVar(&f.product, "product", "", "the `ID` of the product")
}

// seen is what lies on this machine.
type seen struct {
	files             []software.File
	agreement, policy string // SHA-256
}

func (f *shownFlags) read(paths []string) (s seen, err error) {
	for _, need := range [][2]string{{"product", f.product}, {"agreement", f.agreement}, {"policy", f.policy}} {
		if need[1] == "" {
			return s, candor.WithHint(fmt.Errorf("no %s given", need[0]), "Give it with --"+need[0]+".")
		}
	}
	for _, path := range paths {
		name := filepath.Base(path)
		if f.base != "" {
			if name, err = filepath.Rel(f.base, path); err != nil {
				return s, candor.WithHint(err, "Name files below --base.")
			}
		}
		sum, err := sumFile(path)
		if err != nil {
			return s, err
		}
		s.files = append(s.files, software.File{Name: filepath.ToSlash(name), SHA256: sum})
	}
	if s.agreement, err = sumFile(f.agreement); err != nil {
		return s, err
	}
	s.policy, err = sumFile(f.policy)
	return s, err
}

func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", candor.WithHint(err, "Name a file that can be read.")
	}
	defer f.Close()
	sum, err := software.Sum(f)
	if err != nil {
		return "", candor.WithHint(fmt.Errorf("read %s: %w", path, err), "Name a file that can be read.")
	}
	return sum, nil
}

// shown gives what this machine has and shows.
func (f *shownFlags) shown(paths []string) (software.Shown, error) {
	s, err := f.read(paths)
	if err != nil {
		return software.Shown{}, err
	}
	b, err := software.NewBuild(f.product, "?", "?", s.files)
	return software.Shown{Product: f.product, Build: b.Digest(), Agreement: s.agreement, Policy: s.policy}, err
}

func (p *program) softwareBindCommand() *cobra.Command {
	var f shownFlags
	var version, platform string
	var agreement, policy software.Paper
	var optional []string
	c := &cobra.Command{
		Use:   "bind FILE…",
		Short: "Declare which agreement and privacy policy a build comes with",
		Long: `Bind writes a declaration: the digests of each FILE of a build, of its agreement
and of its privacy policy. Register it at the desk, and ship it with the build.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := f.read(args)
			if err != nil {
				return err
			}
			b, err := software.NewBuild(f.product, version, platform, s.files)
			if err != nil {
				return err
			}
			agreement.SHA256, policy.SHA256 = s.agreement, s.policy
			d := software.Declaration{Build: b, Agreement: agreement, Policy: policy, Optional: optional}
			if err := d.Check(); err != nil {
				return err
			}
			out := json.NewEncoder(p.out)
			out.SetIndent("", "  ")
			return out.Encode(d)
		},
	}
	f.add(c)
	c.Flags().StringVar(&version, "version", "", "the `VERSION` of the build")
	c.Flags().StringVar(&platform, "platform", "", "the `PLATFORM` that it is for, such as windows/amd64")
	c.Flags().StringVar(&agreement.Document, "agreement-name", "agreement", "the `NAME` of the agreement at the desk")
	c.Flags().StringVar(&agreement.Version, "agreement-version", "", "the `VERSION` of the agreement")
	c.Flags().StringVar(&policy.Document, "policy-name", "privacy-policy", "the `NAME` of the privacy policy at the desk")
	c.Flags().StringVar(&policy.Version, "policy-version", "", "the `VERSION` of the privacy policy")
	c.Flags().StringSliceVar(&optional, "optional", nil, "clauses of the agreement that users may choose, by `ID`; may be repeated")
	return c
}

func (p *program) softwareCheckCommand() *cobra.Command {
	var f shownFlags
	var declaration, format string
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Hold a build, its agreement and its privacy policy against their declaration",
		Long: `Check says, with no network, whether the build that these FILEs are, and the
agreement and privacy policy that it shows, are those of the declaration.
Exit status: 0 they match, 1 they do not, 2 it could not be done.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			d, err := readDeclaration(declaration)
			if err != nil {
				return err
			}
			if f.product == "" {
				f.product = d.Build.Product
			}
			s, err := f.shown(args)
			if err != nil {
				return err
			}
			return p.tellMatch(d, s, format == "json")
		},
	}
	f.add(c)
	c.Flags().StringVar(&declaration, "declaration", "", "what \"candor software bind\" wrote, in `FILE`")
	c.Flags().StringVar(&format, "format", "text", "write it as `text|json`")
	return c
}

func readDeclaration(path string) (software.Declaration, error) {
	const hint = "Name what \"candor software bind\" wrote with --declaration."
	if path == "" {
		return software.Declaration{}, candor.WithHint(errors.New("no declaration given"), hint)
	}
	f, err := os.Open(path)
	if err != nil {
		return software.Declaration{}, candor.WithHint(err, hint)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, software.MostDeclaration))
	if err != nil {
		return software.Declaration{}, candor.WithHint(err, hint)
	}
	d, err := software.ReadDeclaration(data)
	if err != nil {
		return d, candor.WithHint(fmt.Errorf("%s: %w", path, err), candor.Hint(err))
	}
	return d, nil
}

func (p *program) tellMatch(d software.Declaration, s software.Shown, asJSON bool) error {
	m := d.Judge(s)
	if m == "" {
		if asJSON {
			return json.NewEncoder(p.out).Encode(map[string]any{"type": "match", "product": s.Product, "version": d.Build.Version, "build": s.Build})
		}
		_, err := fmt.Fprintf(p.out, "%s %s for %s matches: agreement version %s, privacy policy version %s, build %s\n",
			s.Product, d.Build.Version, d.Build.Platform, d.Agreement.Version, d.Policy.Version, s.Build)
		return err
	}
	p.status = exitFound
	finding := m.Finding(s, d.Build)
	if asJSON {
		return json.NewEncoder(p.out).Encode(struct {
			Type string `json:"type"`
			candor.Finding
		}{"finding", finding})
	}
	_, err := fmt.Fprintf(p.out, "mismatch: %s\n    %s, %s\n", finding.Description, finding.Rule, output.Printable(finding.Path))
	return err
}
