"""What `lexicon.py` has of English, of other languages: negators, months, units, numbers, opposites. Data only.

Words that mean something else in English are left out, since the language of a claim is not told.
"""

import re

# "Not", "no", "never", "without"; and words that forbid, since what is not allowed is forbidden.
NEGATORS_ELSEWHERE = frozenset(
    """
    않
    nicht kein keine keinen keinem keiner keines niemals nie ohne weder verboten untersagt unzulässig
    ne pas jamais aucun aucune sans interdit interdite interdits interdites
    nunca jamás ningún ninguna ninguno tampoco prohibido prohibida prohibidos prohibidas
    non nessun nessuno nessuna senza vietato vietata vietati vietate
    niet geen nooit zonder verboden não nem nenhum nenhuma proibido proibida proibidos proibidas
    nie nigdy bez żaden żadna żadne zabronione zabroniony zabroniona zakazane
    не нет нельзя никогда никто ничего ни запрещено запрещён запрещен запрещена запрещены запрещается
    не немає заборонено ne není nejsou nesmí nelze zakázáno niciodată fără interzis
    inte aldrig utan ingen inget förbjudet ikke aldri aldrig uden uten ingen forbudt
    ei eivät eikä kielletty nem soha nincs tilos δεν μην χωρίς απαγορεύεται
    değil yok yasak yasaktır hayır không cấm tidak bukan jangan dilarang
    لا ولا فلا بلا ليس ليست لم لن غير بدون دون يمنع ممنوع ممنوعة يحظر محظور אין שלא ולא אינו אינה אינם לא אסור אסורה
    ללא बिना नहीं मना نیست نمی ممنوع
    """.split()  # noqa: SIM905
)
NEGATES_WITHIN = re.compile(r"(?:[ıiuü][ln]|[ae])m[ae](?:z(?:l[ae]r)?|m[ae]l[ıi]d[ıi]r|y[ae]n(?:l[ae]r)?)$")
"""A lower-case word that holds its own negation: Turkish "edilmez"."""
NOT_BEHIND = "않"
"""What a negator is read as that stands behind what it negates, as in Japanese and Korean."""
NEGATES_UNSPACED = re.compile(
    r"(?P<must>なければ(?:ならない|なりません|いけない|いけません)|なくては(?:ならない|なりません|いけない)|不仅|不但|不僅|必ず|非常|無料)"
    r"|(?P<behind>では?ありません|では?ない|じゃない|(?<![少危])な(?:らない|りません|い|く|かっ|けれ)|ません|ず(?=に|、|。|$)"
    r"|않|못하|못한|없|아니|금지|불가)"
    r"|不(?:得|予|可|能|会|會|准|许|許|允许|需|应|應|必|包|含|在|用|再)?|禁止|没有|沒有|没|沒|未|无|無|非|勿|莫|禁|ไม่|ห้าม"
)
"""What negates in a run of a script without spaces; a `must` looks like it and does not."""

_MONTHS = {
    "jan": "januar jänner januari janvier enero gennaio janeiro stycznia styczeń января январь ocak يناير ינואר",
    "feb": """
        februar februari février fevrier febrero febbraio fevereiro lutego luty февраля февраль şubat
        فبراير פברואר
    """,
    "mar": "märz maart mars marzo março marca marzec марта март מרץ مارس",
    "apr": "avril abril aprile kwietnia kwiecień апреля апрель nisan أبريل אפריל",
    "may": "mai mei mayo maggio maio maja мая mayıs مايو מאי",
    "jun": "juni juin junio giugno junho czerwca czerwiec июня июнь haziran يونيو יוני",
    "jul": "juli juillet julio luglio julho lipca lipiec июля июль temmuz يوليو יולי",
    "aug": "augustus août agosto sierpnia sierpień августа август ağustos أغسطس אוגוסט",
    "sep": "septembre septiembre settembre setembro września wrzesień сентября сентябрь eylül سبتمبر ספטמבר",
    "oct": "oktober octobre octubre ottobre outubro października październik октября октябрь ekim أكتوبر אוקטובר",
    "nov": "novembre noviembre novembro listopada listopad ноября ноябрь kasım نوفمبر נובמבר",
    "dec": "dezember décembre diciembre dicembre dezembro grudnia grudzień декабря декабрь aralık ديسمبر דצמבר",
    "mon": "montag montags lundi lunes lunedì maandag segunda-feira poniedziałek понедельник pazartesi",
    "tue": "dienstag dienstags mardi martes martedì dinsdag wtorek вторник",
    "wed": "mittwoch mittwochs mercredi miércoles mercoledì woensdag środa среда среду çarşamba",
    "thu": "donnerstag donnerstags jeudi jueves giovedì donderdag czwartek четверг perşembe",
    "fri": "freitag freitags vendredi viernes venerdì vrijdag piątek пятница пятницу",
    "sat": "samstag samstags sonnabend samedi sábado sábados sabato zaterdag sobota sobotę суббота субботу cumartesi",
    "sun": "sonntag sonntags dimanche domingo domingos domenica zondag niedziela niedzielę воскресенье",
}
MONTHS_ELSEWHERE = {word: month for month, words in _MONTHS.items() for word in words.split()}
_UNITS = {
    "second": """
        sekunde sekunden seconde secondes segundo segundos secondo secondi seconden sekund sekundy
        секунд секунды
    """,
    "minute": "minuten minuto minutos minuti minut minuty минут минуты минута dakika דקות دقيقة",
    "hour": """
        stunde stunden heure heures hora horas ora ore uur uren godzina godziny godzin час часа часов
        saat 小时 小時 時間 시간 שעות ساعة
    """,
    "day": """
        tage tagen dagar dagen dní dny nap ημέρες ημέρα дні днів jour jours día días dia dias giorno
        giorni dag dagen dzień dni dnia 天 日 일 день дня дней gün arbeitstag arbeitstage arbeitstagen
        werktag werktage werktagen kalendertage werkdagen يوم يوما أيام ימים
    """,
    "week": """
        woche wochen vecka veckor uger uker týden týdny týdnů hét тижні тижнів εβδομάδες semaine
        semaines semana semanas settimana settimane weken 周 週 週間 주 tydzień tygodnie tygodni неделя
        недели недель неделю hafta أسبوع أسبوعين أسابيع שבועות
    """,
    "month": """
        månad månader måneder měsíc měsíce měsíců hónap місяці місяців μήνες monat monate monaten monats
        mois mes meses mese mesi maand maanden mês 月 个月 個月 ヶ月 개월 miesiąc miesiące miesięcy месяц месяца
        месяцев ay شهر أشهر חודשים
    """,
    "quarter": "quartal quartale trimestre trimestres kwartaal kwartał квартал",
    "year": """
        år roky év роки років έτη jahr jahre jahren jahres années année ans años año anno anni jaar
        jaren anos 年 년 rok lata lat год года лет yıl سنة سنوات שנים
    """,
    "percent": "prozent procent процент процента процентов yüzde",
    "euro": "евро",
    "rouble": "рубль рубля рублей руб",
    "zloty": "zł złoty złotych złote",
}
UNITS_ELSEWHERE = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_NUMBERS = {
    "2": "två zwei deux dos due twee dois duas dwa dwie dwóch два две двух iki",
    "3": "tři három τρεις drei trois tres tre drie três trzy trzech три трёх трех üç",
    "4": "fyra fire čtyři négy vier quatre cuatro quattro quatro cztery czterech четыре четырёх четырех dört",
    "5": "fünf cinq cinco cinque vijf pięć pięciu пять пяти beş",
    "6": "sechs seis sei zes sześć sześciu шесть шести altı",
    "7": "sieben siete sette zeven sete siedem семь семи yedi",
    "8": "acht huit ocho oito osiem восемь восьми sekiz",
    "9": "neun neuf nueve nove negen dziewięć девять девяти dokuz",
    "10": "zehn dix diez dieci tien dez dziesięć десять десяти",
    "11": "elf onze undici jedenaście одиннадцать",
    "12": "zwölf douze doce dodici twaalf dwanaście двенадцать двенадцати",
    "14": "vierzehn quatorze catorce quattordici veertien catorze czternaście четырнадцать",
    "15": "fünfzehn quinze quince quindici vijftien piętnaście пятнадцать",
    "20": "zwanzig vingt veinte venti twintig vinte dwadzieścia двадцать yirmi",
    "30": "dreißig trente treinta trenta dertig trinta trzydzieści тридцать otuz",
    "40": "vierzig quarante cuarenta quaranta veertig quarenta czterdzieści сорок kırk",
    "50": "fünfzig cinquante cincuenta cinquanta vijftig cinquenta pięćdziesiąt пятьдесят elli",
    "60": "sechzig soixante sesenta sessanta zestig sessenta sześćdziesiąt шестьдесят altmış",
    "90": "neunzig nonante noventa novanta negentig dziewięćdziesiąt девяносто doksan",
}
NUMBERS_ELSEWHERE = {word: number for number, words in _NUMBERS.items() for word in words.split()}
COUNTED_UNSPACED = re.compile(r"[一二两兩三四五六七八九十百]+(?=[个個ヶか]?[天日年月周週时時小分元円人名台次歳岁倍])")
"""A number written out in a run of Chinese or Japanese, before what it counts."""
_SIGNS = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2}


def number_of(written: str) -> int:
    """Return the number that signs up to hundreds write: 12 for 十二, 30 for 三十."""
    total = ones = 0
    for sign in written:
        if sign in "十百":
            total += (ones or 1) * (10 if sign == "十" else 100)
            ones = 0
        else:
            ones = _SIGNS[sign]
    return total + ones


OPPOSED_ELSEWHERE = (
    "mindestens höchstens",
    "vor nach",
    "erlaubt verboten",
    "gestattet untersagt",
    "zulässig unzulässig",
    "mit ohne",
    "täglich wöchentlich",
    "wöchentlich monatlich",
    "monatlich jährlich",
    "avant après",
    "autorisé interdit",
    "avec sans",
    "obligatoire facultatif",
    "antes después",
    "permitido prohibido",
    "obligatorio opcional",
    "prima dopo",
    "permesso vietato",
    "consentito vietato",
    "con senza",
    "toegestaan verboden",
    "vóór na",
    "antes depois",
    "mieter vermieter",
    "mieters vermieters",
    "arrendador arrendatario",
    "locataire bailleur",
    "arbeitnehmer arbeitgeber",
    "werknemer werkgever",
    "salarié employeur",
    "pracodawca pracownik",
    "minimaal maximaal",
    "разрешено запрещено",
    "до после",
    "бесплатная платная",
    "مسموح ممنوع",
    "قبل بعد",
    "מותר אסור",
    "לפני אחרי",
)
