# How this language writes dates and numbers.
# What stands between groups of three digits.
format-thousands = ,

# $day, $month (a name from below), $year.
format-date = { $day } { $month } { $year }
format-date-time = { $date }, { $time } ({ $zone })

# Months as they stand in a date.
format-month-1 = January
format-month-2 = February
format-month-3 = March
format-month-4 = April
format-month-5 = May
format-month-6 = June
format-month-7 = July
format-month-8 = August
format-month-9 = September
format-month-10 = October
format-month-11 = November
format-month-12 = December

# Money. Between whole units and decimals:
format-decimal = .
format-money = { $symbol }{ $amount }
# A currency without a sign of its own below; there is a no-break space between.
format-money-code = { $symbol } { $amount }
format-symbol-eur = €
format-symbol-gbp = £
format-symbol-jpy = ¥
format-symbol-usd = US$
