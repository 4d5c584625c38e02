package xarf

import (
	"fmt"
	"net/netip"
	"strings"
)

// scopesOf gives the rules that hold for a report, the version first.
func scopesOf(top map[string]any) ([]string, problem) {
	_, four := top["xarf_version"]
	_, category := top["category"]
	if four || category && top["Version"] == nil {
		c, told := top["category"].(string)
		kind, too := top["type"].(string)
		scope := "4/" + c + "/" + kind
		if _, ok := classes[scope]; !ok && told && too {
			return nil, problem{"type", fmt.Sprintf("%s is no type of category %s", show(kind), show(c))}
		}
		return []string{"4", "4/" + c, scope}, problem{}
	}
	version, has := top["Version"]
	v, ok := version.(string)
	switch {
	case !has:
		v = "alpha"
	case !ok:
		return nil, problem{"Version", show(version) + " is no text"}
	}
	switch v {
	case "alpha", "1", "2", "3":
	case "development":
		v = "3"
	case "3.0.0", "3.0":
		return []string{"3.0"}, problem{}
	default:
		return nil, problem{"Version", show(v) + " is none of 1, 2, 3, 4"}
	}
	report, _ := top["Report"].(map[string]any)
	if report == nil {
		return []string{"old", v}, problem{}
	}
	class, _ := report["ReportClass"].(string)
	kind, _ := report["ReportType"].(string)
	if _, ok := classes["old/"+class+"/"+kind]; !ok && class != "" && kind != "" {
		return nil, problem{"Report.ReportType", fmt.Sprintf("%s is no type of class %s", show(kind), show(class))}
	}
	return []string{"old", v, "old/" + class + "/" + kind, v + "/" + class + "/" + kind}, problem{}
}

// whole checks what is no matter of one field.
func whole(top map[string]any, scopes []string) problem {
	if scopes[0] == "4" {
		return wholeFour(top, scopes[2])
	}
	report, _ := top["Report"].(map[string]any)
	if scopes[0] == "3.0" {
		source, _ := report["Source"].(map[string]any)
		if source["IP"] == nil && source["URL"] == nil {
			return problem{"Report.Source", "has neither IP nor URL"}
		}
		return problem{}
	}
	if scopes[1] == "3" {
		if p := party(top, "ReporterInfo", "Reporter"); p.what != "" {
			return p
		}
		if p := party(top, "OnBehalfOf", "Complainant"); p.what != "" {
			return p
		}
	}
	if strings.HasSuffix(scopes[2], "/PotentiallyCompromisedAccount") {
		return account(report)
	}
	if report["SourceIp"] == nil && report["SourceUrl"] == nil {
		return problem{"Report", "has neither SourceIp nor SourceUrl"}
	}
	return severity(report)
}

// severity checks what the versions of CVSS write differently.
func severity(report map[string]any) problem {
	cvss, ok := report["CVSS"].(map[string]any)
	if !ok {
		return problem{}
	}
	two := cvss["Version"] == "2"
	if vector, _ := cvss["Vector"].(string); strings.HasPrefix(vector, "CVSS:") == two {
		return problem{"Report.CVSS.Vector", fmt.Sprintf("%s is not of version %s", show(vector), cvss["Version"])}
	}
	if grade := cvss["Severity"]; two && (grade == "None" || grade == "Critical") {
		return problem{"Report.CVSS.Severity", show(grade) + " is not of version 2"}
	}
	return problem{}
}

// party checks a reporter, who has to be named but for natural persons.
func party(top map[string]any, field, prefix string) problem {
	info, ok := top[field].(map[string]any)
	if !ok || info[prefix+"Type"] == "Person" {
		return problem{}
	}
	for _, name := range []string{"Org", "OrgDomain", "OrgEmail"} {
		if info[prefix+name] == nil {
			return problem{field + "." + prefix + name, "is missing"}
		}
	}
	return problem{}
}

func account(report map[string]any) problem {
	for _, name := range []string{"SourceIp", "SourceUrl"} {
		if report[name] != nil {
			return problem{"Report." + name, "is no field of a report about an account"}
		}
	}
	a, _ := report["Account"].(map[string]any)
	if id, _ := a["AccountIdentifier"].(string); is["mail"](id) {
		return problem{"Report.Account.AccountIdentifier", show(id) + " is a mail address: it belongs in AccountEmail"}
	}
	return problem{}
}

func wholeFour(top map[string]any, scope string) problem {
	missing := func(names ...string) problem {
		for _, name := range names {
			if top[name] == nil {
				return problem{name, "is missing"}
			}
		}
		return problem{}
	}
	switch scope {
	case "4/connection/ddos", "4/connection/login_attack", "4/connection/port_scan":
		id, _ := top["source_identifier"].(string)
		if _, err := netip.ParseAddr(id); err == nil {
			return missing("source_port")
		}
	case "4/messaging/spam", "4/messaging/bulk_messaging":
		if top["protocol"] == "smtp" {
			return missing("smtp_from", "source_port")
		}
	case "4/copyright/p2p":
		swarm, _ := top["swarm_info"].(map[string]any)
		if swarm["info_hash"] == nil && swarm["magnet_uri"] == nil {
			return problem{"swarm_info", "has neither info_hash nor magnet_uri"}
		}
	case "4/copyright/usenet":
		info, _ := top["message_info"].(map[string]any)
		if info["message_id"] == nil {
			return problem{"message_info.message_id", "is missing"}
		}
	}
	return problem{}
}
