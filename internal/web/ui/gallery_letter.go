package ui

// LetterSamples are made-up texts of a customer's page, by language.
func LetterSamples() map[string]LetterSample {
	return map[string]LetterSample{
		"en": {
			Title: "A file on shop.example.org needs your attention",
			Saw:   "On 25 November we found a file on your site that lets strangers run commands there. It did not come with your shop software.",
			Means: "Somebody may have been able to read or change your site. We moved the file to a safe place at once, so it can do no further harm. Your site works as before.",
			Steps: []string{"Sign in to WordPress and choose Plugins. Update everything that asks for it.", "Choose Users. Remove people that you do not know, and give everybody else a new password.", "Tell us that it is done, with the button below."},
			Next:  "When you tell us that it is done, we look at your site again within an hour. If we hear nothing by 2 December, a person will call you.",
			Fixed: "I have done this", Question: "Your question", QuestionHint: "A person answers, usually on the same day.",
			Contact: "Write to abuse@example.net", Expires: "2 Dec 2026, 12:00 UTC",
		},
		"zh": {
			Title: "shop.example.org 上有一个文件需要您处理",
			Saw:   "11月25日，我们在您的网站上发现一个可让陌生人执行命令的文件。它不属于您的商店软件。",
			Means: "可能有人读取或更改过您的网站。我们已立即将该文件移至安全位置，它不会再造成危害。您的网站运行如常。",
			Steps: []string{"登录 WordPress，打开“插件”，更新所有提示更新的项目。", "打开“用户”，删除您不认识的用户，并为其他人设置新密码。", "完成后，请用下方按钮告诉我们。"},
			Next:  "收到您的告知后，我们会在一小时内重新检查网站。若 12月2日前没有收到回复，我们会打电话给您。",
			Fixed: "我已处理", Question: "您的问题", QuestionHint: "由工作人员答复，通常在当天。",
			Contact: "发邮件至 abuse@example.net", Expires: "2026年12月2日 12:00 UTC",
		},
		"ar": {
			Title: "ملف على موقع shop.example.org يحتاج إلى انتباهك",
			Saw:   "في 25 نوفمبر وجدنا على موقعك ملفًا يسمح لغرباء بتنفيذ أوامر فيه. لم يأتِ هذا الملف مع برنامج متجرك.",
			Means: "ربما تمكّن شخص ما من قراءة موقعك أو تغييره. نقلنا الملف فورًا إلى مكان آمن، فلا يمكنه إحداث ضرر بعد الآن. موقعك يعمل كالمعتاد.",
			Steps: []string{"سجّل الدخول إلى WordPress واختر «الإضافات»، ثم حدّث كل ما يطلب ذلك.", "اختر «الأعضاء». احذف من لا تعرفهم، وامنح الباقين كلمات مرور جديدة.", "أخبرنا بأنك انتهيت، بالزر أدناه."},
			Next:  "عندما تخبرنا بأنك انتهيت، نفحص موقعك من جديد خلال ساعة. وإن لم يصلنا شيء حتى 2 ديسمبر، فسيتصل بك أحد موظفينا.",
			Fixed: "أنجزتُ ذلك", Question: "سؤالك", QuestionHint: "يجيبك شخص، عادةً في اليوم نفسه.",
			Contact: "اكتب إلى abuse@example.net", Expires: "2 ديسمبر 2026، 12:00 UTC",
		},
	}
}
