# Mails. Subjects are discreet: a mailbox may be watched, so they name the organisation and nothing of its subject.

# The foot of every mail.
mail-foot-imprint = Imprint
mail-foot-privacy = Privacy
mail-foot-no-reply-needed = This is an automatic message about something that was asked for on our website.
mail-link-fallback = If the button does not work, copy this address into your browser:

## confirm: somebody signed up
mail-confirm-subject = Please confirm your sign-up with { $organisation }
mail-confirm-heading = One more step
mail-confirm-lead = You asked to receive mails from { $organisation }. Please confirm that this address is yours.
mail-confirm-topics = You chose:
mail-confirm-button = Open the confirmation page
mail-confirm-expiry = The link can be used for { $days ->
    [one] one day
   *[other] { $days } days
}.
mail-confirm-not-you = If it was not you, do nothing: you will not be mailed again.

## preferences_link: somebody asked for a link to their choices
mail-preferences-subject = Your link to { $organisation }
mail-preferences-heading = Your choices
mail-preferences-lead = With this link you can see what you receive from { $organisation }, change it, or leave.
mail-preferences-button = See my choices
mail-preferences-expiry = The link can be used for { $hours ->
    [one] one hour
   *[other] { $hours } hours
}. Please do not pass it on.
mail-preferences-not-you = If you did not ask for it, do nothing: nothing was changed.

## staff_invitation: an admin added somebody to the staff
mail-invitation-subject = Your access to the staff pages of { $organisation }
mail-invitation-heading = Welcome
mail-invitation-lead = { $organisation } gave you access to its staff pages, with the role “{ $role }”. Choose a password to begin.
mail-invitation-button = Set up my account
mail-invitation-expiry = The link can be used once, for { $days ->
    [one] one day
   *[other] { $days } days
}.
mail-invitation-not-you = If you did not expect this, do nothing, or ask the person who looks after the website.

## staff_reset: somebody of the staff forgot the password
mail-reset-subject = Reset your password for { $organisation }
mail-reset-heading = A new password
mail-reset-lead = Somebody asked to reset the password of your staff account at { $organisation }.
mail-reset-button = Choose a new password
mail-reset-expiry = The link can be used once, for { $minutes ->
    [one] one minute
   *[other] { $minutes } minutes
}.
mail-reset-not-you = If it was not you, do nothing: your password stays as it is.

## campaign_stopped: the program paused a campaign; goes to staff
mail-stopped-subject = A campaign was paused: { $campaign }
mail-stopped-heading = A campaign was paused
mail-stopped-lead = The program paused the campaign “{ $campaign }”. Sending goes on where it stopped once somebody resumes it.
mail-stopped-reason = The reason:
mail-stopped-button = Open the campaign

## campaign: the frame around a campaign
mail-campaign-test = This is a test. The links of the foot work only in the mails that readers get.
mail-campaign-web = Read this on the web
mail-campaign-reason = You get this because you chose: { $topics }.
mail-campaign-preferences = Change my choices
mail-campaign-unsubscribe = Leave
