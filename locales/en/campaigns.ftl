# Campaigns.

# Stands where a reader's name is not known; fits into "Dear reader,".
campaign-reader-fallback = reader

# What a campaign that is drafted from an analysis says around its summary.
campaign-draft-greeting = Dear { $name },
campaign-draft-read = Read the analysis
