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
