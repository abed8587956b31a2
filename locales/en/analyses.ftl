## First page

home-latest = Latest analyses
home-all = All analyses
home-empty = Nothing is published yet
home-empty-text = Leave your e-mail address below, and we will write to you when the first analysis is out.

## List of analyses

analyses-title = Analyses
analyses-lead = Reports, submissions and comments, the newest first.
analyses-topics = Choose a topic
analyses-all-topics = All topics
analyses-count = { $count ->
    [one] { $count } analysis
   *[other] { $count } analyses
}
analyses-in-language = { $count ->
    [one] { $count } analysis in English.
   *[other] { $count } analyses in English.
}
analyses-every-language = Show those in other languages too
analyses-this-language = Show only those in English
analyses-empty = Nothing here yet
analyses-empty-text = There is no analysis that fits this choice.
analyses-empty-link = Show all analyses
analyses-also-in = Also in:
analyses-only-in = This one is in:
analyses-page = { $title }, page { $page }

## One analysis

analysis-translations = Read this in
analysis-language-note = We do not have this text in English yet. You are reading it in:
analysis-topics = Topics
analysis-related = Explore more resources
analysis-gone = There is no analysis at this address
analysis-gone-text = It may have moved, or it is not public any more. Please check the address, or look through the list.
analysis-gone-link = All analyses

## Atom feed

feed-subtitle = New analyses
