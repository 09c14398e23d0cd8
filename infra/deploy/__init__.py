"""From this tree to Lambda: the package and the layer, complete and checked."""
