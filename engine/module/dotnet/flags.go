package dotnet

// Bits of TypeAttributes (ECMA-335, II.23.1.15).
const (
	typeVisibilityMask = 7
	typeNestedPublic   = 2 // and all above it are nested
	typeInterface      = 0x20
	typeAbstract       = 0x80
	typeSealed         = 0x100
)

// Bits of MethodAttributes (ECMA-335, II.23.1.10).
const (
	methodAccessMask = 7
	methodStatic     = 0x10
	methodFinal      = 0x20
	methodVirtual    = 0x40
	methodAbstract   = 0x400
)

func isNested(flags uint32) bool { return flags&typeVisibilityMask >= typeNestedPublic }

// typeVisibility gives the visibility of a type in the words of C#.
func typeVisibility(flags uint32) string {
	return [...]string{
		"internal", "public", "public", "private", "protected", "internal", "private protected", "protected internal",
	}[flags&typeVisibilityMask]
}

// typeSemantics tells classes from interfaces.
func typeSemantics(flags uint32) string {
	if flags&typeInterface != 0 {
		return "interface"
	}
	return "class"
}

// methodVisibility gives the visibility of a method in the words of C#.
func methodVisibility(flags uint32) string {
	return [...]string{
		"private", "private", "private protected", "internal", "protected", "protected internal", "public", "private",
	}[flags&methodAccessMask]
}
