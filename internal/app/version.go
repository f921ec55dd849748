package app

import (
	"runtime/debug"
	"sync"
)

// Version names the build: the module version when there is one, else the
// commit, else "devel".
var Version = sync.OnceValue(func() string { //nolint:gochecknoglobals // read once from the binary itself
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "devel"
})

// BuildInfo is what the version command prints.
type BuildInfo struct {
	Version string `json:"version"`
	Go      string `json:"go"`
}

// Build describes the running binary.
func Build() BuildInfo {
	b := BuildInfo{Version: Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Go = info.GoVersion
	}
	return b
}
