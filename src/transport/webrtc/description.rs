//! The lines of a session description, for the few that we read ourselves.

/// The lines before the first media section, and each media section.
#[derive(Clone, Debug)]
pub(super) struct Description<'a> {
    /// What holds for every section that says nothing else.
    pub(super) session: Section<'a>,
    /// The media sections in their order.
    pub(super) media: Vec<Section<'a>>,
}

/// A part of a description.
#[derive(Clone, Debug, Default)]
pub(super) struct Section<'a> {
    /// The value of its `m=` line; nothing before the first section.
    media: &'a str,
    /// Its `a=` lines: name and value, which is empty for a flag.
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Description<'a> {
    /// Sorts lines into sections. What is no line of a description is passed over.
    pub(super) fn of(text: &'a str) -> Self {
        let mut session = Section::default();
        let mut media: Vec<Section<'a>> = Vec::new();
        for line in lines(text) {
            let section = media.last_mut().unwrap_or(&mut session);
            match line.split_once('=') {
                Some(("m", value)) => {
                    media.push(Section { media: value, attributes: Vec::new() });
                }
                Some(("a", value)) => {
                    section.attributes.push(value.split_once(':').unwrap_or((value, "")));
                }
                _ => {}
            }
        }
        Self { session, media }
    }

    /// The names of the sections that share one transport, the one that describes it first.
    pub(super) fn bundle(&self) -> Option<Vec<&'a str>> {
        let groups = self.session.all("group");
        let mut bundles = groups.filter_map(|group| group.strip_prefix("BUNDLE"));
        bundles.next().map(|mids| mids.split_ascii_whitespace().collect())
    }

    /// The section that describes the transport.
    pub(super) fn transport(&self) -> Option<&Section<'a>> {
        let tagged = self.bundle().and_then(|mids| mids.first().copied());
        let tagged = tagged.and_then(|mid| self.media.iter().find(|part| part.mid() == Some(mid)));
        tagged.or(self.media.first())
    }
}

impl<'a> Section<'a> {
    /// The value of the first attribute of this name; a flag has an empty one.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The values of all attributes of this name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.attributes.iter().filter(move |(found, _)| *found == name).map(|(_, value)| *value)
    }

    /// Whether the attribute is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The section's name in its description.
    pub(super) fn mid(&self) -> Option<&'a str> {
        self.get("mid").map(str::trim)
    }

    /// What it carries: `audio`, `video`, `application`.
    pub(super) fn kind(&self) -> &'a str {
        self.word(0)
    }

    /// Its port; 0 says that it is not used, or that it shares that of another.
    pub(super) fn port(&self) -> &'a str {
        self.word(1)
    }

    /// Over what it is carried.
    pub(super) fn protocol(&self) -> &'a str {
        self.word(2)
    }

    /// The payload types, or what stands in their place.
    pub(super) fn formats(&self) -> impl Iterator<Item = &'a str> {
        self.media.split_ascii_whitespace().skip(3)
    }

    fn word(&self, index: usize) -> &'a str {
        self.media.split_ascii_whitespace().nth(index).unwrap_or_default()
    }
}

/// The lines of a text with something in them; they end in CR LF, or in LF alone.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).filter(|l| !l.is_empty())
}
