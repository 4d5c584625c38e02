package scan

import "golang.org/x/sys/unix"

// pseudo lists the file systems that hold no content but views of the kernel:
// reading them proves nothing, may block, and need not end. Numbers that
// package unix lacks are from statfs(2) and linux/magic.h.
var pseudo = map[int64]bool{
	unix.PROC_SUPER_MAGIC:        true,
	unix.SYSFS_MAGIC:             true,
	unix.DEBUGFS_MAGIC:           true,
	unix.TRACEFS_MAGIC:           true,
	unix.SECURITYFS_MAGIC:        true,
	unix.CGROUP_SUPER_MAGIC:      true,
	unix.CGROUP2_SUPER_MAGIC:     true,
	unix.BPF_FS_MAGIC:            true,
	unix.DEVPTS_SUPER_MAGIC:      true,
	unix.EFIVARFS_MAGIC:          true,
	unix.PSTOREFS_MAGIC:          true,
	unix.BINFMTFS_MAGIC:          true,
	unix.SELINUX_MAGIC:           true,
	unix.NSFS_MAGIC:              true,
	0x62656570 /* configfs */ :   true,
	0x65735543 /* fusectl */ :    true,
	0x19800202 /* mqueue */ :     true,
	0x67596969 /* rpc_pipefs */ : true,
	0x0187 /* autofs */ :         true, // looking inside mounts things
}

// isPseudo tells whether the file system of an open directory is one of them.
// A file system that does not say is taken for a real one.
func isPseudo(fd int) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && pseudo[int64(uint32(st.Type))]
}
