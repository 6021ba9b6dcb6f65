//! Finds the nodes of imported decision trees by tree number and node number. A file may list the nodes in any order.

// `ids` has the tree number and the node number of each node, in the file's order. `sorted` has the indices of `ids`,
// sorted by the two numbers.
/// Index of the nodes of imported decision trees, to find a node by tree number and node number.
pub(crate) struct NodeKeys {
    pub(crate) ids: Vec<(i64, i64)>,
    pub(crate) sorted: Vec<u32>,
}

impl NodeKeys {
    pub(crate) fn new(trees: Vec<i64>, nodes: Vec<i64>) -> Self {
        let ids: Vec<_> = trees.into_iter().zip(nodes).collect();
        let mut sorted: Vec<u32> = (0..).take(ids.len()).collect();
        sorted.sort_by_key(|&position| ids.get(position as usize));
        Self { ids, sorted }
    }

    /// Returns whether two nodes have the same numbers.
    pub(crate) fn has_twice(&self) -> bool {
        self.sorted.windows(2).any(|pair| matches!(*pair, [a, b] if self.id(a) == self.id(b)))
    }

    pub(crate) fn id(&self, position: u32) -> Option<(i64, i64)> {
        self.ids.get(position as usize).copied()
    }

    pub(crate) fn find(&self, id: (i64, i64)) -> Option<u32> {
        let found = self.sorted.binary_search_by_key(&Some(id), |&position| self.id(position)).ok()?;
        self.sorted.get(found).copied()
    }
}
