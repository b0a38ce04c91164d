//! What a scene contains, in the fields and spellings of CLEVR's scene files.

use serde::{Deserialize, Serialize};

/// Shape of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A cube with rounded edges.
    Cube,
    /// A sphere.
    Sphere,
    /// An upright cylinder with rounded rims.
    Cylinder,
}

impl Shape {
    /// Every shape, in the order in which the renderer draws lots.
    pub const ALL: [Self; 3] = [Self::Cube, Self::Sphere, Self::Cylinder];
}

/// Size of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// Factor 0.7.
    Large,
    /// Factor 0.35.
    Small,
}

impl Size {
    /// Every size, in the order in which the renderer draws lots.
    pub const ALL: [Self; 2] = [Self::Large, Self::Small];

    /// Radius of a sphere or cylinder and half the height of a cylinder, in world units. A cube's
    /// half side is this over the square root of two.
    pub fn factor(self) -> f64 {
        match self {
            Self::Large => 0.7,
            Self::Small => 0.35,
        }
    }
}

/// Surface of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// Matte, with a faint broad highlight.
    Rubber,
    /// A coloured mirror with a soft lobe.
    Metal,
}

impl Material {
    /// Every material, in the order in which the renderer draws lots.
    pub const ALL: [Self; 2] = [Self::Rubber, Self::Metal];
}

/// Colour of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// (87, 87, 87)
    Gray,
    /// (173, 35, 35)
    Red,
    /// (42, 75, 215)
    Blue,
    /// (29, 105, 20)
    Green,
    /// (129, 74, 25)
    Brown,
    /// (129, 38, 192)
    Purple,
    /// (41, 208, 208)
    Cyan,
    /// (255, 238, 51)
    Yellow,
}

impl Colour {
    /// Every colour, in the order in which the renderer draws lots.
    pub const ALL: [Self; 8] = [
        Self::Gray,
        Self::Red,
        Self::Blue,
        Self::Green,
        Self::Brown,
        Self::Purple,
        Self::Cyan,
        Self::Yellow,
    ];

    /// Red, green and blue of the material. CLEVR divides these by 255 and takes the result for
    /// linear reflectances, so rendered objects look lighter than the bytes.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Gray => [87, 87, 87],
            Self::Red => [173, 35, 35],
            Self::Blue => [42, 75, 215],
            Self::Green => [29, 105, 20],
            Self::Brown => [129, 74, 25],
            Self::Purple => [129, 38, 192],
            Self::Cyan => [41, 208, 208],
            Self::Yellow => [255, 238, 51],
        }
    }
}

/// One object of a scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Its shape.
    pub shape: Shape,
    /// Its size.
    pub size: Size,
    /// Its surface.
    pub material: Material,
    /// Its colour.
    pub color: Colour,
    /// Rotation about the vertical axis, degrees in `[0, 360)`.
    pub rotation: f64,
    /// Column and row of the centre in the 320 x 240 picture, and its depth along the viewing
    /// direction in world units.
    pub pixel_coords: (i32, i32, f64),
    /// Centre in world units, z up, the ground at 0.
    #[serde(rename = "3d_coords")]
    pub coords: [f64; 3],
}

/// Six unit directions of a scene, as seen by its camera.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Directions {
    /// Away from the camera, along the ground.
    pub behind: [f64; 3],
    /// Towards the camera, along the ground.
    pub front: [f64; 3],
    /// To the left of the picture, along the ground.
    pub left: [f64; 3],
    /// To the right of the picture, along the ground.
    pub right: [f64; 3],
    /// Up.
    pub above: [f64; 3],
    /// Down.
    pub below: [f64; 3],
}

impl Directions {
    /// The four directions along the ground: left, right, front, behind.
    pub fn along_ground(&self) -> [[f64; 3]; 4] {
        [self.left, self.right, self.front, self.behind]
    }
}

/// For each relation and object `i`, the objects that stand in that relation to `i`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationships {
    /// Objects to the left of each object.
    pub left: Vec<Vec<usize>>,
    /// Objects to the right of each object.
    pub right: Vec<Vec<usize>>,
    /// Objects in front of each object.
    pub front: Vec<Vec<usize>>,
    /// Objects behind each object.
    pub behind: Vec<Vec<usize>>,
}

/// Offset along a direction beyond which a relation holds, in world units.
pub const RELATION_MARGIN: f64 = 0.2;

impl Relationships {
    /// The relations between objects: `j` is in a relation to `i` iff
    /// `(c_j - c_i) . direction > 0.2`.
    pub fn between(objects: &[Object], directions: &Directions) -> Self {
        let along = |direction: &[f64; 3]| {
            let related = |from: &Object| {
                let offset = |to: &Object| dot(&minus(&to.coords, &from.coords), direction);
                let beyond = |(index, to)| (offset(to) > RELATION_MARGIN).then_some(index);
                objects.iter().enumerate().filter_map(beyond).collect()
            };
            objects.iter().map(related).collect()
        };
        Self {
            left: along(&directions.left),
            right: along(&directions.right),
            front: along(&directions.front),
            behind: along(&directions.behind),
        }
    }
}

/// One picture's annotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// `train` or `val`.
    pub split: String,
    /// Number of the picture in its split.
    pub image_index: usize,
    /// File name of the picture, without folders.
    pub image_filename: String,
    /// The objects.
    pub objects: Vec<Object>,
    /// The camera's directions.
    pub directions: Directions,
    /// Relations between the objects.
    pub relationships: Relationships,
}

/// Where a scene file comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Version of the data set.
    pub version: String,
    /// `train` or `val`.
    pub split: String,
    /// Licence of the pictures.
    pub license: String,
    /// Day on which they were made.
    pub date: String,
}

/// A whole scene file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneFile {
    /// Where it comes from.
    pub info: Info,
    /// One entry for each picture.
    pub scenes: Vec<Scene>,
}

pub(super) fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn minus(a: &[f64; 3], b: &[f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}
