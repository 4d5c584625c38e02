package petest

import (
	"os"
	"os/exec"
)

func TryYara(mod, path string) Values {
	r := "/tmp/pework/pe.yar"
	if mod == "dotnet" {
		r = "/tmp/pework/dn.yar"
	}
	out, err := exec.Command(os.Getenv("CANDOR_YARA"), "-D", r, path).Output()
	if err != nil {
		return nil
	}
	return parseDump(out)
}
