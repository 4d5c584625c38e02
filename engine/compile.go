package engine

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"candor/engine/clamav"
	"candor/engine/internal/ir"
	"candor/engine/internal/lower"
	"candor/engine/internal/match"
	"candor/engine/internal/plan"
	"candor/engine/module"
	"candor/engine/module/all"
	"candor/engine/yara"
)

// Compile compiles sources. It never fails as a whole: a definition that
// cannot be used is left out and named in the Report.
func Compile(sources []Source, o Options) (*Rules, *Report) {
	c := newCompiler(o)
	files := c.parse(sources)
	for _, s := range sources {
		if isYARA(s.Name) {
			c.yara(s, <-files)
		} else if !c.clamav(s) {
			c.problem(Problem{File: s.Name, Reason: "unknown kind of definitions: " + strings.ToLower(filepath.Ext(s.Name))})
		}
	}
	c.mergeSignatures()
	r := c.build()
	c.report.Rules = r.infos.len()
	slices.SortStableFunc(c.report.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return r, c.report
}

// compiler gathers the rules of all sources.
type compiler struct {
	o          Options
	modules    map[string]module.Module
	externs    []external
	namespaces map[string]*namespace
	order      []*namespace
	infos      infos
	flags      []uint8 // by rule
	rules      []*ir.Rule
	space      []*namespace // by rule
	report     *Report

	databases  []*clamav.Database      // until their signatures are compiled
	signed     bool                    // there are some
	signatures [clamTargets]*namespace // by target
	digests    [3][3][]match.Digest    // of files, sections, allowed files; by kind
	types      []match.FileType
}

// namespace is what the rules of one YARA namespace share.
type namespace struct {
	env     lower.Env
	globals []uint32
	target  uint8 // of match.Group
	group   int
}

func newCompiler(o Options) *compiler {
	c := &compiler{o: o, report: &Report{}, namespaces: map[string]*namespace{}, modules: map[string]module.Module{}}
	mods := o.Modules
	if mods == nil {
		mods = all.Modules()
	}
	for _, m := range mods {
		c.modules[m.Name()] = m
	}
	if include := o.Include; include != nil {
		var one sync.Mutex
		c.o.Include = func(from, path string) (string, []byte, error) {
			one.Lock()
			defer one.Unlock()
			return include(from, path)
		}
	}
	c.externs = externals(o.Externals)
	return c
}

func (c *compiler) problem(p Problem) { c.report.Problems = append(c.report.Problems, p) }

func (c *compiler) namespace(name string) *namespace {
	if name == "" {
		name = "default"
	}
	n := c.namespaces[name]
	if n == nil {
		n = &namespace{env: lower.Env{
			Modules: c.modules, Imported: map[string]bool{}, Externals: map[string]lower.External{}, Rules: map[string]uint32{},
		}}
		for i, x := range c.externs {
			n.env.Externals[x.name] = lower.External{Index: i, Kind: x.value.Kind}
		}
		c.namespaces[name] = n
		c.order = append(c.order, n)
	}
	return n
}

// parsed is a YARA source as it was parsed.
type parsed struct {
	file     *yara.File
	problems []*yara.Problem
}

// parse parses the YARA sources in their order, a bit ahead of who takes them.
func (c *compiler) parse(sources []Source) <-chan parsed {
	const ahead = 2 // files; each takes memory until it is taken
	out := make(chan parsed, ahead)
	go func() {
		for _, s := range sources {
			if isYARA(s.Name) {
				out <- c.parseOne(s)
			}
		}
	}()
	return out
}

func (c *compiler) parseOne(s Source) (p parsed) {
	p.file, p.problems = yara.Parse(s.Name, s.Data, yara.Options{Include: c.o.Include})
	return p
}

func isYARA(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yar", ".yara", ".rule", ".rules", "":
		return true
	}
	return false
}

func (c *compiler) yara(s Source, p parsed) {
	for _, p := range p.problems {
		c.problem(Problem{File: p.Pos.File, Line: p.Pos.Line, Rule: p.Rule, Reason: p.Reason})
	}
	name := s.Namespace
	if name == "" {
		name = "default"
	}
	ns := c.namespace(name)
	for _, imp := range p.file.Imports {
		if _, ok := c.modules[imp.Module]; !ok {
			c.problem(Problem{File: imp.Pos.File, Line: imp.Pos.Line, Reason: "there is no module " + imp.Module})
			continue
		}
		ns.env.Imported[strings.Clone(imp.Module)] = true
	}
	for _, r := range p.file.Rules {
		c.yaraRule(ns, name, r)
	}
}

func (c *compiler) yaraRule(ns *namespace, space string, r *yara.Rule) {
	if _, ok := ns.env.Rules[r.Name]; ok {
		c.problem(Problem{File: r.Pos.File, Line: r.Pos.Line, Rule: r.Name, Reason: "a rule of this name exists already in namespace " + space})
		return
	}
	compiled, err := lower.YARA(r, &ns.env)
	if err != nil {
		p := Problem{File: r.Pos.File, Line: r.Pos.Line, Rule: r.Name, Reason: err.Error()}
		if e, ok := err.(*lower.Error); ok && e.Pos.Line > 0 {
			p.Line = e.Pos.Line
		}
		c.problem(p)
		return
	}
	info := &Rule{
		Name: r.Name, Namespace: space, Language: "yara", File: r.Pos.File, Line: r.Pos.Line,
		Global: r.Global, Private: r.Private, Tags: r.Tags,
	}
	for _, m := range r.Meta {
		info.Meta = append(info.Meta, Meta(m))
	}
	id := c.add(ns, info, compiled)
	known := strings.Clone(r.Name) // that of r keeps all of the source
	ns.env.Rules[known] = id
	ns.env.Order = append(ns.env.Order, known)
	if r.Global {
		ns.globals = append(ns.globals, id)
	}
}

func (c *compiler) add(ns *namespace, info *Rule, r *ir.Rule) uint32 {
	c.infos.add(info)
	c.flags = append(c.flags, flags(info))
	c.rules = append(c.rules, r)
	c.space = append(c.space, ns)
	return uint32(len(c.rules) - 1)
}

// build lays all rules out.
func (c *compiler) build() *Rules {
	set := &match.Set{Modules: c.modules, CodeOff: []uint32{0}}
	for _, x := range c.externs {
		set.Externals = append(set.Externals, x.name)
	}
	groups := c.groups(set)
	set.Numbers, set.Patterns = plan.Number(c.rules)
	set.Flags = c.flags
	for _, r := range c.rules {
		set.Code = r.Append(set.Code)
		set.CodeOff = append(set.CodeOff, uint32(len(set.Code)))
	}
	c.setDigests(set)
	prints := c.fingerprints(set)
	formulas := plan.NewFormulas(c.rules, &set.Numbers, set.Patterns)
	for i := range c.rules {
		set.GroupOf = append(set.GroupOf, uint16(c.space[i].group))
	}
	layOut(set, formulas, groups)
	set.Init()
	c.infos.ready()
	return &Rules{set: set, infos: c.infos, externs: c.externs, prints: prints}
}

func flags(r *Rule) uint8 {
	var f uint8
	if r.Global {
		f |= match.Global
	}
	if r.Private {
		f |= match.Private
	}
	return f
}

// groups puts the namespaces without global rules into one group, and each
// other one into its own, as well as the signatures of each ClamAV target. It gives, by group, the rules to look for: those
// that are reported, and that no global rule is.
func (c *compiler) groups(set *match.Set) [][]uint32 {
	set.Groups = []match.Group{{}}
	for _, ns := range c.order {
		if len(ns.globals) > 0 || ns.target > 0 {
			ns.group = len(set.Groups)
			set.Groups = append(set.Groups, match.Group{Globals: ns.globals, Target: ns.target})
		}
	}
	out := make([][]uint32, len(set.Groups))
	for i, f := range c.flags {
		if f&(match.Global|match.Private) == 0 {
			g := c.space[i].group
			out[g] = append(out[g], uint32(i))
		}
	}
	return out
}
