// Package all lists the modules that come with the engine.
package all

import (
	"candor/engine/module"
	"candor/engine/module/clock"
	"candor/engine/module/console"
	"candor/engine/module/dotnet"
	"candor/engine/module/elf"
	"candor/engine/module/hash"
	"candor/engine/module/macho"
	"candor/engine/module/math"
	"candor/engine/module/pe"
	"candor/engine/module/str"
)

// Modules gives one of each.
func Modules() []module.Module {
	return []module.Module{
		pe.New(), elf.New(), macho.New(), dotnet.New(), math.New(), hash.New(), str.New(), clock.New(), console.New(),
	}
}
