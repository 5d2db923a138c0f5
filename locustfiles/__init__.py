"""What we send: the users, journeys, shapes and test data of the hotel workload."""
