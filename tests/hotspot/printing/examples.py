"""A hall's poster as its town would order it, in three scripts."""

from hotspot.printing.poster import Logo, Poster, Steps

LOGO = Logo(
    "image/svg+xml",
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 48"><path d="M2 2h36v22l-18 22-18-22z" fill="#c8102e"/></svg>',
)
GERMAN = Steps(
    "de",
    "ltr",
    "Deutsch",
    "Kostenloses WLAN",
    ("Code scannen oder das WLAN Rathaus-WLAN wählen.", "Die Seite öffnet sich von selbst.", "Bedingungen annehmen. Fertig!"),
)
ARABIC = Steps(
    "ar",
    "rtl",
    "العربية",
    "واي فاي مجاني",
    ("امسح الرمز ضوئيًا أو اختر شبكة Rathaus-WLAN.", "تُفتح الصفحة تلقائيًا.", "اقبل الشروط. أنت الآن متصل بالإنترنت."),
)
UKRAINIAN = Steps(
    "uk",
    "ltr",
    "Українська",
    "Безкоштовний Wi-Fi",
    ("Відскануйте код або виберіть мережу Rathaus-WLAN.", "Сторінка відкриється сама.", "Прийміть умови. Ви в мережі."),
)
POSTER = Poster(
    hall="Rathaus <Neustadt> & Umland",
    town="Stadt Neustadt",
    ssid="Rathaus-WLAN",
    network_label="Name des WLAN",
    password_label="Passwort",
    scan="Mit der Kamera scannen",
    promise="Kostenlos, ohne Anmeldung",
    address="portal.hall.example",
    help="Fragen? Wir helfen gern: Empfang im Erdgeschoss, Telefon 01234 567-0",
    logo=LOGO,
    languages=(GERMAN, ARABIC, UKRAINIAN),
)
