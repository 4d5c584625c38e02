package draft

import (
	"slices"
	"strings"
)

// vendor is somebody whose code is on many sites, by the hosts it comes from.
type vendor struct {
	id, name, url string
	purpose       string // of the proposal: count, ads, pay, embed
	hosts         []string
	cookies       []cookie
}

// cookie is one that is set by known software.
type cookie struct {
	name, lifetime, purpose string
}

func vendors() []vendor {
	const google, privacy = "Google", "https://policies.google.com/privacy"
	return []vendor{
		{"google", google, privacy, "count", []string{"google-analytics.com", "googletagmanager.com"}, []cookie{{"_ga", "P2Y", "count"}, {"_ga_*", "P2Y", "count"}}},
		{"google", google, privacy, "ads", []string{"doubleclick.net", "googlesyndication.com", "googleadservices.com"}, []cookie{{"__gads", "P13M", "ads"}}},
		{"google", google, privacy, "embed", []string{"fonts.googleapis.com", "fonts.gstatic.com", "maps.googleapis.com", "ajax.googleapis.com", "gstatic.com", "www.google.com", "maps.google.com", "youtube.com", "youtube-nocookie.com"}, nil},
		{"meta", "Meta", "https://www.facebook.com/privacy/policy", "ads", []string{"connect.facebook.net", "facebook.com"}, []cookie{{"_fbp", "P90D", "ads"}}},
		{"microsoft", "Microsoft", "https://privacy.microsoft.com/", "count", []string{"clarity.ms"}, []cookie{{"_clck", "P1Y", "count"}, {"_clsk", "P1D", "count"}}},
		{"hotjar", "Hotjar", "https://www.hotjar.com/legal/policies/privacy/", "count", []string{"hotjar.com"}, []cookie{{"_hj*", "P1Y", "count"}}},
		{"plausible", "Plausible", "https://plausible.io/privacy", "count", []string{"plausible.io"}, nil},
		{"matomo", "Matomo", "https://matomo.org/privacy-policy/", "count", []string{"matomo.cloud"}, matomoCookies()},
		{"cloudflare", "Cloudflare", "https://www.cloudflare.com/privacypolicy/", "count", []string{"cloudflareinsights.com"}, nil},
		{"cloudflare", "Cloudflare", "https://www.cloudflare.com/privacypolicy/", "embed", []string{"cdnjs.cloudflare.com", "challenges.cloudflare.com"}, nil},
		{"baidu", "Baidu", "https://privacy.baidu.com/", "count", []string{"hm.baidu.com"}, []cookie{{"Hm_lvt_*", "P1Y", "count"}, {"Hm_lpvt_*", "session", "count"}}},
		{"yandex", "Yandex", "https://yandex.com/legal/confidential/", "count", []string{"mc.yandex.ru"}, []cookie{{"_ym_*", "P1Y", "count"}}},
		{"jsdelivr", "jsDelivr", "https://www.jsdelivr.com/terms/privacy-policy", "embed", []string{"jsdelivr.net"}, nil},
		{"jquery", "OpenJS Foundation", "https://openjsf.org/privacy", "embed", []string{"code.jquery.com"}, nil},
		{"vimeo", "Vimeo", "https://vimeo.com/privacy", "embed", []string{"vimeo.com"}, nil},
		{"x", "X", "https://x.com/privacy", "embed", []string{"platform.twitter.com", "platform.x.com"}, nil},
		{"stripe", "Stripe", "https://stripe.com/privacy", "pay", []string{"stripe.com"}, []cookie{{"__stripe_mid", "P1Y", "pay"}, {"__stripe_sid", "PT30M", "pay"}}},
		{"paypal", "PayPal", "https://www.paypal.com/privacy", "pay", []string{"paypal.com", "paypalobjects.com"}, nil},
	}
}

func matomoCookies() []cookie {
	return []cookie{{"_pk_id*", "P13M", "count"}, {"_pk_ses*", "PT30M", "count"}}
}

// vendorOf finds whose a host is.
func vendorOf(host string) (vendor, bool) {
	all := vendors()
	i := slices.IndexFunc(all, func(v vendor) bool {
		return slices.ContainsFunc(v.hosts, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
	})
	if i < 0 {
		return vendor{purpose: "embed"}, false
	}
	return all[i], true
}

// cookiesOf are the cookies that software sets by itself.
func cookiesOf(software string) []cookie {
	return map[string][]cookie{
		"wordpress": {{"wordpress_logged_in_*", "P14D", "account"}, {"wordpress_sec_*", "P14D", "account"}, {"wordpress_test_cookie", "session", "account"},
			{"wp-settings-*", "P1Y", "account"}, {"comment_author_*", "P1Y", "reply"}},
		"woocommerce": {{"woocommerce_cart_hash", "session", "order"}, {"woocommerce_items_in_cart", "session", "order"}, {"wp_woocommerce_session_*", "P2D", "order"}},
		"joomla":      {{"joomla_user_state", "session", "account"}, {"joomla_remember_me_*", "P60D", "account"}},
		"drupal":      {{"SESS*", "P23D", "account"}, {"SSESS*", "P23D", "account"}},
		"magento":     {{"PHPSESSID", "PT1H", "order"}, {"form_key", "session", "order"}, {"mage-*", "P1Y", "order"}},
		"prestashop":  {{"PHPSESSID", "session", "order"}, {"PrestaShop-*", "P20D", "order"}},
		"typo3":       {{"fe_typo_user", "session", "account"}},
		"matomo":      matomoCookies(),
	}[software]
}
