// The test is that this program could be built: see meson.build.
int main() {}
