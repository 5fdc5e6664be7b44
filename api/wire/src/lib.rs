//! What crosses the wire: data transfer objects, the table of problems, cursors, the bundle format.
