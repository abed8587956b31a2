//! The newsletters that are sent.

/// Which newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// About 24 KB on the wire, 15 personal values and 12 personal links in the text alone.
    Long,
    /// As small as a mail in our frame gets.
    Short,
    /// The long one with conditions and loops.
    Logic,
}

impl Text {
    pub fn name(self) -> &'static str {
        match self {
            Text::Long => "20 KB",
            Text::Short => "3 KB",
            Text::Logic => "20 KB, conditions and loops",
        }
    }

    pub fn subject(self) -> &'static str {
        "News for {{subscriber.name}}"
    }

    pub fn markdown(self) -> String {
        match self {
            Text::Short => {
                "Dear {{subscriber.name}},\n\nthere is [news]({{web_url}}) for {{subscriber.email}}.\n".into()
            }
            Text::Long => (0..SECTIONS).map(|number| section(number, PLAIN)).collect(),
            Text::Logic => (0..SECTIONS).map(|number| section(number, LOGIC)).collect(),
        }
    }
}

const SECTIONS: usize = 6;
const PLAIN: &str = "";
const LOGIC: &str = "{{#if subscriber.name}}Good to have you here, {{subscriber.name}}.{{else}}Good to have you \
                     here.{{/if}}\n\n{{#unless subscriber.language.ru}}\n**This part** is for those who read \
                     {{subscriber.language}}.\n{{/unless}}\n\n{{#if subscriber.topics.news}}\nYou have chosen:\n\n\
                     {{#each subscriber.topics}}\n- {{this.name}}\n{{/each}}\n{{/if}}\n\n";

/// A heading, three personal values, two personal links and three paragraphs.
fn section(number: usize, logic: &str) -> String {
    let number = number + 1;
    let paragraph = "A paragraph of the kind that newsletters have, with **some** words set off, a name or two (Anna, Борис, \
                     Zoë) and a [link to the analysis](https://example.org/analyses/labour-law-in-the-region), and then it \
                     goes on for another sentence, because people who write newsletters have something to say.\n\n";
    format!(
        "## Part {number}\n\nDear {{{{subscriber.name}}}}, this is for {{{{subscriber.email}}}} \
         ({{{{subscriber.language}}}}): [read it on the web]({{{{web_url}}}}) or [choose what you \
         get]({{{{preferences_url}}}}).\n\n{logic}{}",
        paragraph.repeat(3)
    )
}
