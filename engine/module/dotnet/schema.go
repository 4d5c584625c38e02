package dotnet

import "candor/engine/module/pe/record"

// assemblySchema gives the members of the module.
func assemblySchema() record.Schema[*assembly] {
	s := record.Schema[*assembly]{
		"is_dotnet":   record.Int(func(*assembly) int64 { return 1 }),
		"version":     record.Text(func(a *assembly) []byte { return a.version }),
		"module_name": record.Text((*assembly).moduleName),
		"typelib":     record.Text((*assembly).typeLibrary),
		"streams": record.List(record.Schema[stream]{
			"name":   record.Text(func(s stream) []byte { return s.name }),
			"offset": record.Int(func(s stream) int64 { return s.offset }),
			"size":   record.Int(func(s stream) int64 { return int64(s.size) }),
		}, func(a *assembly) []stream { return a.streams }),
		"number_of_streams": record.MaybeInt(func(a *assembly) (int64, bool) {
			return int64(len(a.streams)), a.counted
		}),
		"guids":           record.Texts((*assembly).guids),
		"number_of_guids": record.MaybeInt(func(a *assembly) (int64, bool) { return int64(len(a.guids())), a.guid != nil }),
		"user_strings":    record.Texts(func(a *assembly) [][]byte { return a.userStrings().list }),
		"number_of_user_strings": record.MaybeInt(func(a *assembly) (int64, bool) {
			u := a.userStrings()
			return int64(len(u.list)), u.present
		}),
		"classes": record.List(classSchema(), (*assembly).userTypes),
		"number_of_classes": record.MaybeInt(func(a *assembly) (int64, bool) {
			return int64(len(a.userTypes())), a.layout().complete
		}),
	}
	addManifest(s)
	return s
}

// addManifest adds what is computed from single tables.
func addManifest(s record.Schema[*assembly]) {
	// count adds the number of things that a table gives, which is undefined
	// without the table.
	count := func(name string, number int, of func(*assembly) int) {
		s[name] = record.MaybeInt(func(a *assembly) (int64, bool) {
			return int64(of(a)), a.table(number).present
		})
	}
	version := versionSchema()
	s["assembly"] = record.Struct(record.Schema[*assembly]{
		"version": record.Struct(version, func(a *assembly) *assemblyVersion {
			r, ok := a.identity()
			if !ok {
				return nil
			}
			v := r.versionIn(1)
			return &v
		}),
		"name": record.Text(func(a *assembly) []byte {
			if r, ok := a.identity(); ok {
				return r.name(7)
			}
			return nil
		}),
		"culture": record.Text(func(a *assembly) []byte {
			if r, ok := a.identity(); ok && len(r.name(8)) > 0 {
				return r.name(8)
			}
			return nil
		}),
	}, func(a *assembly) *assembly { return a })

	s["assembly_refs"] = record.List(record.Schema[assemblyRef]{
		"version":             record.Struct(version, func(r assemblyRef) *assemblyVersion { return &r.version }),
		"public_key_or_token": record.Text(func(r assemblyRef) []byte { return r.key }),
		"name":                record.Text(func(r assemblyRef) []byte { return r.name }),
	}, (*assembly).assemblyRefs)
	count("number_of_assembly_refs", tAssemblyRef, func(a *assembly) int { return len(a.assemblyRefs()) })

	s["resources"] = record.List(record.Schema[resource]{
		"offset": record.MaybeInt(func(r resource) (int64, bool) { return r.offset, r.embedded }),
		"length": record.MaybeInt(func(r resource) (int64, bool) { return r.length, r.embedded }),
		"name":   record.Text(func(r resource) []byte { return r.name }),
	}, (*assembly).manifestResources)
	count("number_of_resources", tManifestResource, func(a *assembly) int { return len(a.manifestResources()) })

	s["modulerefs"] = record.Texts((*assembly).moduleRefs)
	count("number_of_modulerefs", tModuleRef, func(a *assembly) int { return len(a.moduleRefs()) })
	s["constants"] = record.Texts((*assembly).constants)
	count("number_of_constants", tConstant, func(a *assembly) int { return len(a.constants()) })
	s["field_offsets"] = record.Ints((*assembly).fieldOffsets)
	count("number_of_field_offsets", tFieldRVA, func(a *assembly) int { return len(a.fieldOffsets()) })
}

func versionSchema() record.Schema[*assemblyVersion] {
	s := record.Schema[*assemblyVersion]{}
	for i, name := range []string{"major", "minor", "build_number", "revision_number"} {
		s[name] = record.MaybeInt(func(v *assemblyVersion) (int64, bool) {
			if v == nil {
				return 0, false
			}
			return v[i], true
		})
	}
	return s
}

func classSchema() record.Schema[*class] {
	return record.Schema[*class]{
		"fullname":                     record.Text(func(c *class) []byte { return c.fullName }),
		"name":                         record.Text(func(c *class) []byte { return c.name }),
		"namespace":                    record.Text(func(c *class) []byte { return c.namespace }),
		"visibility":                   record.Text(func(c *class) []byte { return []byte(typeVisibility(c.flags)) }),
		"type":                         record.Text(func(c *class) []byte { return []byte(typeSemantics(c.flags)) }),
		"abstract":                     flag(func(c *class) bool { return c.flags&typeAbstract != 0 }),
		"sealed":                       flag(func(c *class) bool { return c.flags&typeSealed != 0 }),
		"number_of_generic_parameters": record.Int(func(c *class) int64 { return int64(len(c.generics)) }),
		"generic_parameters":           record.Texts(func(c *class) [][]byte { return c.generics }),
		"number_of_base_types":         record.Int(func(c *class) int64 { return int64(len(c.bases)) }),
		"base_types":                   record.Texts(func(c *class) [][]byte { return c.bases }),
		"number_of_methods":            record.MaybeInt(func(c *class) (int64, bool) { return int64(len(c.methods)), c.hasMethods }),
		"methods":                      record.List(methodSchema(), func(c *class) []methodDef { return c.methods }),
	}
}

func methodSchema() record.Schema[methodDef] {
	parameters := record.Schema[parameter]{
		"name": record.Text(func(p parameter) []byte { return p.name }),
		"type": record.Text(func(p parameter) []byte { return p.typ }),
	}
	return record.Schema[methodDef]{
		"name":                         record.Text(func(m methodDef) []byte { return m.name }),
		"visibility":                   record.Text(func(m methodDef) []byte { return []byte(methodVisibility(m.flags)) }),
		"return_type":                  record.Text(func(m methodDef) []byte { return m.returns }),
		"abstract":                     flag(func(m methodDef) bool { return m.flags&methodAbstract != 0 }),
		"final":                        flag(func(m methodDef) bool { return m.flags&methodFinal != 0 }),
		"virtual":                      flag(func(m methodDef) bool { return m.flags&methodVirtual != 0 }),
		"static":                       flag(func(m methodDef) bool { return m.flags&methodStatic != 0 }),
		"number_of_generic_parameters": record.Int(func(m methodDef) int64 { return int64(len(m.generics)) }),
		"generic_parameters":           record.Texts(func(m methodDef) [][]byte { return m.generics }),
		"number_of_parameters":         record.MaybeInt(func(m methodDef) (int64, bool) { return int64(len(m.parameters)), m.hasParameters }),
		"parameters":                   record.List(parameters, func(m methodDef) []parameter { return m.parameters }),
	}
}

// flag is an integer member that is 1 if something is so.
func flag[T any](is func(T) bool) record.Member[T] {
	return record.Int(func(v T) int64 {
		if is(v) {
			return 1
		}
		return 0
	})
}
