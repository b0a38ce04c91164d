//! What a model is asked to look for.

use std::sync::Arc;

use super::fit::Changes;
use super::map_prior::MapPrior;
use super::model::SelfCalibrating;
use super::nuisance::{Geometry, Light, Nuisance, Search};
use super::pair::{Moves, Setup};
use crate::options::Options;
use crate::weights::Weights;
use crate::{Error, Persist, Result};

/// Most channels.
const MOST_CHANNELS: usize = 4;

impl SelfCalibrating {
    /// For data of so many channels, one after the other in a row: 3 for colour images, 1 for grey ones and
    /// for vectors. Values are expected to lie near `[0, 1]`.
    ///
    /// # Errors
    /// [`Error::Config`] unless there are 1 to 4.
    pub fn new(channels: usize) -> Result<Self> {
        if !(1..=MOST_CHANNELS).contains(&channels) {
            let rule = "must be between 1 and 4";
            return Err(Error::config("SelfCalibrating.channels", rule, channels));
        }
        Ok(Self {
            channels,
            kinds: Arc::from([Nuisance::Affine]),
            geometry: None,
            setup: Arc::new(Setup {
                changes: Changes {
                    maps: Some(MapPrior::new(channels, false)),
                    light: None,
                },
                moves: None,
            }),
            shortlist: None,
            known: None,
            cues: Arc::default(),
            tensors: false,
        })
    }

    /// Looks for these changes instead of a map of the channels alone; none of them leaves noise and cover. `geometry` says
    /// where sites lie, row by row.
    ///
    /// # Errors
    /// [`Error::Config`] for a kind that needs a geometry where there is none, for a geometry without sites, and for kinds
    /// that move sites with a shortlist.
    pub fn with_nuisances(
        mut self,
        nuisances: &[Nuisance],
        geometry: Option<Geometry>,
    ) -> Result<Self> {
        if let Some(Geometry { height, width }) = geometry
            && height.checked_mul(width).is_none_or(|sites| sites == 0)
        {
            let found = format!("{height} x {width}");
            let rule = "must be at least 1 x 1";
            return Err(Error::config("SelfCalibrating.geometry", rule, found));
        }
        let moving = nuisances.iter().find(|kind| kind.needs_geometry());
        if let (Some(kind), None) = (moving, geometry) {
            return Err(Error::config(
                "SelfCalibrating.nuisances",
                "must come with height and width of the images where any of gain_field, translation, turn, crop is among them",
                kind.name(),
            ));
        }
        let has = |kind| nuisances.contains(&kind);
        let maps = match (has(Nuisance::Affine), has(Nuisance::Gain)) {
            (true, _) => Some(MapPrior::new(self.channels, false)),
            (false, true) => Some(MapPrior::new(self.channels, true)),
            (false, false) => None,
        };
        let light = geometry
            .filter(|_| has(Nuisance::GainField))
            .map(Light::new);
        let moves = geometry.and_then(|geometry| {
            Search::new(nuisances, geometry).map(|search| Moves { geometry, search })
        });
        self.setup = Arc::new(Setup {
            changes: Changes { maps, light },
            moves,
        });
        self.kinds = Arc::from(nuisances);
        self.geometry = geometry;
        self.cues = Arc::default();
        self.tensors = false;
        self.compatible()
    }

    /// With a first pass: candidates are compared at half of the sites and every second scale, and no more than `count` of them at all sites. Others
    /// have infinite energy. Loops over stored patterns have to ask for it ([`crate::ObservationModel::shortlist`]): mode search does.
    ///
    /// # Errors
    /// [`Error::Config`] for 0, and with nuisances that move sites.
    pub fn with_shortlist(mut self, count: usize) -> Result<Self> {
        if count == 0 {
            let rule = "must be at least 1";
            return Err(Error::config("SelfCalibrating.shortlist", rule, count));
        }
        self.shortlist = Some(count);
        self.compatible()
    }

    /// The first pass compares sites where they are.
    fn compatible(self) -> Result<Self> {
        match self.shortlist.filter(|_| self.setup.moves.is_some()) {
            None => Ok(self),
            Some(count) => Err(Error::config(
                "SelfCalibrating.shortlist",
                "must be absent where nuisances move sites (translation, turn, crop)",
                count,
            )),
        }
    }
}

impl Persist for SelfCalibrating {
    fn kind(&self) -> &'static str {
        "self_calibrating"
    }

    /// Its options in the registry. What belongs to one read (a mask, prepared cues) is no part of it.
    fn pack(&self) -> Result<Weights> {
        let whole = |number: usize| toml::Value::from(number as i64);
        let names = self.kinds.iter().map(|kind| toml::Value::from(kind.name()));
        let mut options = Options::new();
        options.insert("channels".into(), whole(self.channels));
        options.insert("nuisances".into(), names.collect::<Vec<_>>().into());
        if let Some(Geometry { height, width }) = self.geometry {
            options.insert("height".into(), whole(height));
            options.insert("width".into(), whole(width));
        }
        if let Some(count) = self.shortlist {
            options.insert("shortlist".into(), whole(count));
        }
        let mut file = Weights::new();
        file.set_config(&options)?;
        Ok(file)
    }
}
