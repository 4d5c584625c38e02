package simulate

// Activity is something ordinary that goes on at a line.
type Activity uint8

// What is ordinary.
const (
	Web        Activity = iota // pages, with the look-ups before
	Background                 // phones and programs that call home
	Video                      // streaming
	Call                       // video calls
	Voice                      // telephone, by RTP
	Play                       // games
	Download                   // a console's games, 10 to 120 GB at the plan's rate
	Files                      // other downloads
	Update                     // of operating systems, everybody on one evening
	Backup                     // to a cloud, at all of the upstream for hours
	Photos                     // a phone's pictures to a cloud
	SpeedTest                  // the whole plan, down then up, for 10 s or more each
	Torrent                    // hundreds of peers, many of which do not answer
	Device                     // a thing that calls its maker at regular intervals
	VPN                        // to one peer, hours long, at times at a high rate
	Mail                       // reading and submitting it
	MailServer                 // an own one, by contract, that delivers to many hosts
	OtherDNS                   // another resolver than the provider's
	Camera                     // one that sends its picture to a cloud, all day
	Broadcast                  // a stream that someone sends, for hours
	Server                     // an own server that others ask
	Radiation                  // strangers that knock, and get no answer
	activities = iota
)

var activityNames = [...]string{
	"web", "background", "video", "call", "voice", "play", "download", "files", "update", "backup", "photos", "speed-test",
	"torrent", "device", "vpn", "mail", "mail-server", "other-dns", "camera", "broadcast", "server", "radiation",
}

func (a Activity) String() string { return activityNames[a] }

// Looks says which abuse an activity looks like, "" if none: those are the hard
// ones, that detectors must leave alone.
func (a Activity) Looks() string {
	switch a {
	case Download, Update, SpeedTest:
		return "a flood, or a line that was taken over: the whole plan at once, out of nothing"
	case Backup, Photos, Camera, Broadcast, VPN:
		return "an idle line that takes all of its upstream, to one host"
	case Torrent:
		return "a scan or a spread: many peers and ports, most of which fail"
	case Device, OtherDNS:
		return "a beacon, or a tunnel"
	case MailServer:
		return "a sender of spam: many hosts on port 25"
	case Server:
		return "a service that was opened, a reflector"
	case Radiation:
		return "a service that was opened: strangers knock on its ports"
	case Mail:
		return "brute force: many short flows to a login port"
	}
	return ""
}

// Activities are all of them.
func Activities() []Activity {
	all := make([]Activity, activities)
	for i := range all {
		all[i] = Activity(i)
	}
	return all
}

// steady activities go on by themselves: also at night, also when nobody is at
// home.
func (a Activity) steady() bool {
	switch a {
	case Device, Camera, Radiation, MailServer, Server:
		return true
	}
	return false
}

// evenings, by the hour, for activities of people.
type curve [24]float64

// Curves of a day. The mean of each is near 1.
var (
	family  = curve{0.55, 0.3, 0.2, 0.15, 0.12, 0.15, 0.4, 0.8, 0.85, 0.8, 0.85, 0.9, 1, 1.05, 1.1, 1.2, 1.4, 1.6, 1.75, 1.9, 2.1, 2.1, 1.7, 1.1}
	young   = curve{1.6, 1.2, 0.8, 0.5, 0.25, 0.15, 0.15, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1, 1.05, 1.1, 1.2, 1.4, 1.5, 1.7, 1.9, 2, 2, 1.9}
	old     = curve{0.2, 0.1, 0.08, 0.08, 0.1, 0.3, 0.8, 1.2, 1.5, 1.5, 1.4, 1.2, 1, 0.9, 1, 1.2, 1.4, 1.5, 1.7, 1.9, 1.8, 1.5, 0.9, 0.4}
	office  = curve{0.1, 0.1, 0.1, 0.1, 0.1, 0.15, 0.4, 1.2, 2.2, 2.6, 2.6, 2.4, 1.7, 2.1, 2.4, 2.3, 2, 1.4, 0.8, 0.4, 0.25, 0.2, 0.15, 0.1}
	sunday  = curve{0.8, 0.5, 0.3, 0.2, 0.15, 0.15, 0.25, 0.5, 0.8, 1.1, 1.25, 1.3, 1.3, 1.35, 1.4, 1.45, 1.5, 1.5, 1.6, 1.75, 1.8, 1.7, 1.4, 1}
	nightly = curve{2.2, 2.2, 2, 1.6, 1.2, 0.8, 0.5, 0.3, 0.2, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.3, 1.3, 1.3, 1.6, 2}
	flat    = curve{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
)
