// Package clamav reads ClamAV's signature databases.
package clamav
