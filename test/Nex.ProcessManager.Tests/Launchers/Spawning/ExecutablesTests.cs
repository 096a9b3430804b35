using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class ExecutablesTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _directory.Dispose();
    }

    [Fact]
    public void The_first_program_of_that_name_in_the_path_is_found()
    {
        _ = Directory.CreateDirectory(_directory["first/program"]);
        _ = Directory.CreateDirectory(_directory["second"]);
        File.WriteAllText(_directory["second/program"], "not executable");
        _ = Directory.CreateDirectory(_directory["third"]);
        string found = _directory.WriteProgram("third/program", "");
        Environment.SetEnvironmentVariable("PATH", $":relative:{_directory["nowhere"]}:{_directory["first"]}:{_directory["second"]}:{_directory["third"]}");

        Assert.Equal(found, Executables.Find("program"));
        Assert.Null(Executables.Find("nothing"));
    }

    [Fact]
    public void A_host_without_a_path_has_the_usual_one()
    {
        Environment.SetEnvironmentVariable("PATH", null);

        Assert.NotNull(Executables.Find("sh"));
    }
}
