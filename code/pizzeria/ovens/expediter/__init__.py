"""Who decides: the state at the pass, its ledger, the process that holds it, and the audit."""
