# How this language writes dates and numbers.
# What stands between groups of three digits.
format-thousands = { "\u00A0" }

# $day, $month (a name from below), $year.
format-date = { $day } { $month } { $year }{ "\u00A0" }г.
format-date-time = { $date }, { $time } ({ $zone })

# Months as they stand in a date.
format-month-1 = января
format-month-2 = февраля
format-month-3 = марта
format-month-4 = апреля
format-month-5 = мая
format-month-6 = июня
format-month-7 = июля
format-month-8 = августа
format-month-9 = сентября
format-month-10 = октября
format-month-11 = ноября
format-month-12 = декабря

# Деньги. Между целыми и дробными:
format-decimal = ,
format-money = { $amount } { $symbol }
# Валюта без собственного знака в списке ниже; перед ней неразрывный пробел.
format-money-code = { $amount } { $symbol }
format-symbol-eur = €
format-symbol-gbp = £
format-symbol-jpy = ¥
format-symbol-usd = $
