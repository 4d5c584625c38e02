package math

import (
	"strconv"

	"candor/engine/module"
	"candor/engine/module/builtin"
)

// arithmetic declares the functions that do not look at the file.
func arithmetic() map[string]*module.Type {
	const i, f, s = module.Int, module.Float, module.String
	return map[string]*module.Type{
		"in_range":  builtin.Func(builtin.Overload(i, inRange, f, f, f)),
		"min":       builtin.Func(builtin.Overload(i, lesser, i, i)),
		"max":       builtin.Func(builtin.Overload(i, greater, i, i)),
		"to_number": builtin.Func(builtin.Overload(i, toNumber, module.Bool)),
		"abs":       builtin.Func(builtin.Overload(i, abs, i)),
		"to_string": builtin.Func(
			builtin.Overload(s, toString, i),
			builtin.Overload(s, toStringBase, i, i)),
	}
}

func inRange(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	if args[1].Float <= args[0].Float && args[0].Float <= args[2].Float {
		return module.IntValue(1)
	}
	return module.IntValue(0)
}

// lesser takes its arguments as unsigned, as libyara does: -1 is the greatest number.
func lesser(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	return module.IntValue(int64(min(uint64(args[0].Int), uint64(args[1].Int))))
}

// greater takes its arguments as unsigned, as lesser does.
func greater(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	return module.IntValue(int64(max(uint64(args[0].Int), uint64(args[1].Int))))
}

func toNumber(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	if args[0].Int != 0 {
		return module.IntValue(1)
	}
	return module.IntValue(0)
}

// abs leaves the least integer as it is, for want of its opposite.
func abs(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	if n := args[0].Int; n < 0 {
		return module.IntValue(-n)
	}
	return args[0]
}

func toString(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	return module.StringValue(strconv.FormatInt(args[0].Int, 10))
}

// toStringBase knows bases 8, 10 and 16; the first and the last write the bits
// of negative numbers.
func toStringBase(_ *module.Input, _ module.Object, args []module.Value) module.Value {
	switch n := args[0].Int; args[1].Int {
	case 10:
		return module.StringValue(strconv.FormatInt(n, 10))
	case 8:
		return module.StringValue(strconv.FormatUint(uint64(n), 8))
	case 16:
		return module.StringValue(strconv.FormatUint(uint64(n), 16))
	}
	return module.Value{}
}
