namespace Nex.Architecture.Tests;

public sealed class SourceTests
{
    private const int MaxLines = 400;

    [Fact]
    public void Source_files_are_found() => Assert.NotEmpty(Repository.SourceFiles);

    [Fact]
    public void No_source_file_is_longer_than_400_lines()
    {
        var tooLong = Repository.SourceFiles
            .Select(file => (file, lines: Repository.CountLines(file)))
            .Where(entry => entry.lines > MaxLines)
            .Select(entry => $"{entry.file}: {entry.lines} lines");

        Assert.Empty(tooLong);
    }
}
