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

## Gifts: what their mails share
mail-gift-test-mark = [TEST]
mail-gift-test = TEST: no real money moved, and this is not a valid receipt.

## receipt: money came
mail-receipt-subject = Receipt { $number } from { $organisation }
mail-receipt-copy-subject = Copy of receipt { $number } from { $organisation }
mail-receipt-copy = This is a copy. The original was sent when the payment arrived.
mail-receipt-heading = Thank you
mail-receipt-lead = { $organisation } has received your donation and thanks you for it.
mail-receipt-number = Receipt number
mail-receipt-amount = Amount
mail-receipt-date = Received on
mail-receipt-fund = For
mail-receipt-donor = From
mail-receipt-from = Received by
mail-receipt-registration = Registration number
mail-receipt-tax = Tax number
mail-receipt-repeated = { $every ->
    [year] This is a yearly gift: it is repeated until you end it.
   *[month] This is a monthly gift: it is repeated until you end it.
}
mail-receipt-manage = Here you can see and end your repeated gift

## refund_confirmation: money went back
mail-refund-subject = A repayment from { $organisation }
mail-refund-heading = We have paid money back to you
mail-refund-lead = { $amount } of your gift of { $gift }, made on { $date }, is on its way back to you.
mail-refund-void = The receipt { $number } is no longer valid.
mail-refund-time = It goes to the card or account from which you paid. Banks need up to ten days to show it.
mail-refund-question = If you did not expect this, please write to us. You find our address here:

## pledge_ended: a repeated gift is over
mail-pledge-ended-subject = Confirmation from { $organisation }
mail-pledge-ended-heading = { $every ->
    [year] Your yearly gift has ended
   *[month] Your monthly gift has ended
}
mail-pledge-ended-lead = { $every ->
    [year] Your yearly gift of { $amount } has ended: no further payment is taken.
   *[month] Your monthly gift of { $amount } has ended: no further payment is taken.
}
mail-pledge-ended-thanks = Your receipts stay valid. Thank you for what you gave.
mail-pledge-ended-button = Should you want to give again

## pledge_payment_failed: a payment of a repeated gift did not go through
mail-payment-failed-subject = About your payment to { $organisation }
mail-payment-failed-heading = A payment did not go through
mail-payment-failed-lead = { $every ->
    [year] The payment of your yearly gift of { $amount } did not go through. This happens, for example when a card has expired.
   *[month] The payment of your monthly gift of { $amount } did not go through. This happens, for example when a card has expired.
}
mail-payment-failed-again = You need not do anything: it will be tried again on { $date }.
mail-payment-failed-last = It will not be tried again.
mail-payment-failed-anew = If you have a new card or account, you can end this gift and give anew here
