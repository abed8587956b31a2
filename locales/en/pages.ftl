## Frame of the public pages

layout-skip = Skip to the content
layout-leave = Leave this page
layout-leave-hint = Goes at once to a neutral page. Pressing Shift three times does the same.
layout-languages = Language
layout-nav = Main
layout-analyses = Analyses
layout-donate = Donate
layout-imprint = Imprint
layout-privacy = Privacy
layout-feed = Atom feed
layout-strip = Language and leaving
layout-mode = Mode of this installation
layout-sandbox = Sandbox: mails go to
layout-rehearsal = Rehearsal: mails are real, payments are not. No money is taken.

## Newsletter sign-up and giving, in the foot of each page

signup-title = Newsletter
signup-text = New analyses by e-mail, in your language, only on the topics you choose.
signup-email = E-mail address
signup-name = Name
signup-topics = Topics you want to hear about
signup-website = Website (leave this empty)
signup-promise = We first send you a message to confirm. You can leave at any time with one click.
signup-privacy = How we handle your data
signup-button = Sign up
give-title = Make a donation
give-text = Gifts pay for this work and keep it independent. Every amount helps.
give-button = I want to donate

## Parts

part-optional = (optional)
part-error = Error:
part-errors-title = Something needs your attention
part-characters-left = Characters left:
part-select-all = Select all
part-filter = Filter
part-filter-clear = Clear the filter
part-pager = Pages
part-pager-page = Page
part-pager-previous = Previous
part-pager-next = Next
part-cancel = Cancel
part-copy = Copy
part-copied = Copied
part-step-done = (done)
part-breadcrumbs = Where you are
part-chart-numbers = Show the numbers as a table
part-live-reload = Reload this page to see the latest state.

## Keys

keys-title = Keys
keys-search = Go to the search field
keys-list = Show this list
keys-leave = Leave this page at once
keys-switch = Use single keys (/ and ?)
keys-close = Close

## Errors

error-code = Error
error-home = Go to the first page
error-request = If you write to us about this, please name this number:
