//! Nothing but a manifest: it names the features that all packages of the workspace are built with.
