// Makes any process warning (deprecation, leaked listeners, …) fail the run: each is a fault that has not struck yet.
process.on('warning', (warning) => {
  throw warning;
});
