"""One module per topic; every public function of it is a scenario."""
