# Письма. Темы сдержанные: почту может читать кто-то ещё, поэтому в них только название организации.

# Подвал каждого письма.
mail-foot-imprint = Выходные данные
mail-foot-privacy = Конфиденциальность
mail-foot-no-reply-needed = Это автоматическое письмо о действии, которое запросили на нашем сайте.
mail-link-fallback = Если кнопка не работает, скопируйте этот адрес в браузер:

## confirm
mail-confirm-subject = Подтвердите, пожалуйста, подписку: { $organisation }
mail-confirm-heading = Остался один шаг
mail-confirm-lead = Этот адрес указали для получения писем от организации { $organisation }. Подтвердите, пожалуйста, что он ваш.
mail-confirm-topics = Выбранные темы:
mail-confirm-button = Открыть страницу подтверждения
mail-confirm-expiry = Ссылка действует { $days ->
    [one] { $days } день
    [few] { $days } дня
   *[other] { $days } дней
}.
mail-confirm-not-you = Если это были не вы, ничего не делайте: писем больше не будет.

## preferences_link
mail-preferences-subject = Ваша ссылка: { $organisation }
mail-preferences-heading = Ваши настройки
mail-preferences-lead = По этой ссылке можно посмотреть, какие письма вы получаете от организации { $organisation }, изменить выбор или отписаться.
mail-preferences-button = Посмотреть настройки
mail-preferences-expiry = Ссылка действует { $hours ->
    [one] { $hours } час
    [few] { $hours } часа
   *[other] { $hours } часов
}. Пожалуйста, никому её не передавайте.
mail-preferences-not-you = Если вы её не запрашивали, ничего не делайте: ничего не изменилось.

## staff_invitation
mail-invitation-subject = Доступ к рабочим страницам: { $organisation }
mail-invitation-heading = Добро пожаловать
mail-invitation-lead = Вам открыт доступ к рабочим страницам организации { $organisation } с ролью «{ $role }». Чтобы начать, задайте пароль.
mail-invitation-button = Настроить учётную запись
mail-invitation-expiry = Ссылка одноразовая и действует { $days ->
    [one] { $days } день
    [few] { $days } дня
   *[other] { $days } дней
}.
mail-invitation-not-you = Если вы этого не ждали, ничего не делайте или спросите тех, кто отвечает за сайт.

## staff_reset
mail-reset-subject = Смена пароля: { $organisation }
mail-reset-heading = Новый пароль
mail-reset-lead = Поступил запрос на смену пароля вашей рабочей учётной записи в организации { $organisation }.
mail-reset-button = Задать новый пароль
mail-reset-expiry = Ссылка одноразовая и действует { $minutes ->
    [one] { $minutes } минуту
    [few] { $minutes } минуты
   *[other] { $minutes } минут
}.
mail-reset-not-you = Если это были не вы, ничего не делайте: пароль останется прежним.

## campaign_stopped
mail-stopped-subject = Рассылка приостановлена: { $campaign }
mail-stopped-heading = Рассылка приостановлена
mail-stopped-lead = Программа приостановила рассылку «{ $campaign }». После возобновления отправка продолжится с того же места.
mail-stopped-reason = Причина:
mail-stopped-button = Открыть рассылку

## campaign
mail-campaign-test = Это проба. Ссылки в конце письма работают только в письмах для читателей.
mail-campaign-web = Открыть в браузере
mail-campaign-reason = Вы получаете это письмо, потому что выбрали: { $topics }.
mail-campaign-preferences = Изменить настройки
mail-campaign-unsubscribe = Отписаться

## Пожертвования
mail-gift-test-mark = [ТЕСТ]
mail-gift-test = ТЕСТ: настоящие деньги не переводились, этот документ недействителен.

## receipt
mail-receipt-subject = Квитанция { $number }: { $organisation }
mail-receipt-copy-subject = Копия квитанции { $number }: { $organisation }
mail-receipt-copy = Это копия. Оригинал был отправлен, когда платёж поступил.
mail-receipt-heading = Спасибо
mail-receipt-lead = Организация { $organisation } получила ваше пожертвование и благодарит вас.
mail-receipt-number = Номер квитанции
mail-receipt-amount = Сумма
mail-receipt-date = Дата поступления
mail-receipt-fund = Назначение
mail-receipt-donor = От кого
mail-receipt-from = Получатель
mail-receipt-registration = Регистрационный номер
mail-receipt-tax = Налоговый номер
mail-receipt-repeated = { $every ->
    [year] Это ежегодное пожертвование: оно повторяется, пока вы его не прекратите.
   *[month] Это ежемесячное пожертвование: оно повторяется, пока вы его не прекратите.
}
mail-receipt-manage = Посмотреть или прекратить регулярное пожертвование можно здесь

## refund_confirmation
mail-refund-subject = Возврат платежа: { $organisation }
mail-refund-heading = Мы вернули вам деньги
mail-refund-lead = Вам возвращается { $amount } из пожертвования на сумму { $gift } (дата: { $date }).
mail-refund-void = Квитанция { $number } больше не действительна.
mail-refund-time = Деньги придут на ту карту или тот счёт, с которых вы платили. Банку может понадобиться до десяти дней.
mail-refund-question = Если вы этого не ждали, напишите нам, пожалуйста. Наш адрес можно найти здесь:

## pledge_ended
mail-pledge-ended-subject = Подтверждение: { $organisation }
mail-pledge-ended-heading = { $every ->
    [year] Ваше ежегодное пожертвование прекращено
   *[month] Ваше ежемесячное пожертвование прекращено
}
mail-pledge-ended-lead = { $every ->
    [year] Ваше ежегодное пожертвование ({ $amount }) прекращено: списаний больше не будет.
   *[month] Ваше ежемесячное пожертвование ({ $amount }) прекращено: списаний больше не будет.
}
mail-pledge-ended-thanks = Полученные квитанции остаются действительными. Спасибо вам за помощь.
mail-pledge-ended-button = Если вы захотите помочь снова

## pledge_payment_failed
mail-payment-failed-subject = О вашем платеже: { $organisation }
mail-payment-failed-heading = Платёж не прошёл
mail-payment-failed-lead = { $every ->
    [year] Платёж по вашему ежегодному пожертвованию ({ $amount }) не прошёл. Так бывает, например, когда у карты истёк срок.
   *[month] Платёж по вашему ежемесячному пожертвованию ({ $amount }) не прошёл. Так бывает, например, когда у карты истёк срок.
}
mail-payment-failed-again = Ничего делать не нужно: следующая попытка будет { $date }
mail-payment-failed-last = Новых попыток не будет.
mail-payment-failed-anew = Если у вас новая карта или новый счёт, можно прекратить это пожертвование и сделать новое здесь
